// @ts-check
/// <reference lib="dom" />
/**
 * @import { WeirEvent } from "../../../supervisor/event_log.ts"
 */
import { byId, copyOf, part, setText } from "./element.js";
import { formatClock } from "./figures.js";

const MOST_SHOWN = 200;

/** The events, newest first. */
export class EventList {
  #list = byId("events", HTMLElement);
  #nothing = byId("no-events", HTMLElement);
  #lastId = 0;

  /** Removes all events. */
  clear() {
    this.#list.replaceChildren();
    this.#lastId = 0;
    this.#list.hidden = true;
    this.#nothing.hidden = false;
  }

  /**
   * Adds an event, unless it is already there.
   *
   * @param {WeirEvent} event
   */
  add({ id, atMs, kind, text }) {
    if (id <= this.#lastId) return;
    this.#lastId = id;
    const item = copyOf("event-template");
    const time = part(item, "time", HTMLTimeElement);
    time.dateTime = new Date(atMs).toISOString();
    time.title = new Date(atMs).toLocaleString();
    setText(time, formatClock(atMs));
    setText(part(item, "kind", HTMLElement), kind);
    setText(part(item, "text", HTMLElement), text);
    this.#list.prepend(item);
    while (this.#list.children.length > MOST_SHOWN) this.#list.lastElementChild?.remove();
    this.#list.hidden = false;
    this.#nothing.hidden = true;
  }
}
