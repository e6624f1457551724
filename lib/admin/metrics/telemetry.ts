import type { Control } from "../../supervisor/control.ts";
import type { Status } from "../../supervisor/status.ts";
import {
  BACKEND_FAMILIES,
  type Labels,
  LISTENER_FAMILIES,
  type MetricFamily,
  POOL_FAMILIES,
  WEIR_FAMILIES,
  WORKER_FAMILIES,
} from "./metric_families.ts";
import { Reused } from "./reused.ts";

/** The parts of OpenTelemetry's interface that are used, for which Deno has no types. */
interface Meter {
  createObservableCounter(name: string, options: InstrumentOptions): Instrument;
  createObservableGauge(name: string, options: InstrumentOptions): Instrument;
}

interface InstrumentOptions {
  readonly description: string;
}

interface Instrument {
  addCallback(callback: (result: ObservableResult) => void): void;
  removeCallback(callback: (result: ObservableResult) => void): void;
}

interface ObservableResult {
  observe(value: number, attributes: Labels): void;
}

/** Reads a figure to export from a status, for each subject. */
type Read = (status: Status, observe: (value: number, attributes: Labels) => void) => void;

/**
 * Exports the metrics through Deno's own OpenTelemetry, and returns a function that stops it. If
 * that is off (`OTEL_DENO` is not `true`), it does nothing and costs nothing.
 *
 * OpenTelemetry has no observable histograms: only their sum and count are exported.
 */
export function startTelemetry(control: Pick<Control, "status">): () => void {
  const meter = findMeter();
  if (meter === undefined) return () => {};
  // All instruments are read in immediate succession, so one status is enough for all of them.
  const status = new Reused(() => control.status());
  const stops: (() => void)[] = [];
  function add(name: string, kind: "counter" | "gauge", help: string, read: Read): void {
    const options = { description: help };
    const instrument = kind === "counter"
      ? (meter as Meter).createObservableCounter(name, options)
      : (meter as Meter).createObservableGauge(name, options);
    const callback = (result: ObservableResult): void =>
      read(status.get(), (value, attributes) => result.observe(value, attributes));
    instrument.addCallback(callback);
    stops.push(() => instrument.removeCallback(callback));
  }
  addFamilies(add, WEIR_FAMILIES, (status) => [[status, {}]]);
  addFamilies(
    add,
    LISTENER_FAMILIES,
    (status) => status.listeners.map((listener) => [listener, { listener: listener.key }]),
  );
  addFamilies(
    add,
    POOL_FAMILIES,
    (status) => status.pools.map((pool) => [pool, { pool: pool.name }]),
  );
  addFamilies(
    add,
    BACKEND_FAMILIES,
    (status) =>
      status.pools.flatMap(({ name, backends }) =>
        backends.map((backend): [typeof backend, Labels] => [
          backend,
          { pool: name, backend: backend.name },
        ])
      ),
  );
  addFamilies(
    add,
    WORKER_FAMILIES,
    (status) => status.workers.map((worker) => [worker, { worker: String(worker.slot) }]),
  );
  return () => stops.forEach((stop) => stop());
}

function addFamilies<Subject>(
  add: (name: string, kind: "counter" | "gauge", help: string, read: Read) => void,
  families: readonly MetricFamily<Subject>[],
  subjectsOf: (status: Status) => readonly (readonly [Subject, Labels])[],
): void {
  for (const family of families) {
    const { name, kind, help } = family;
    if (kind === "histogram") {
      add(`${name}_sum`, "counter", help, (status, observe) => {
        for (const [subject, labels] of subjectsOf(status)) observe(family.sum(subject), labels);
      });
      add(`${name}_count`, "counter", help, (status, observe) => {
        for (const [subject, labels] of subjectsOf(status)) {
          observe(family.counts(subject).reduce((sum, count) => sum + count, 0), labels);
        }
      });
      continue;
    }
    add(name, kind === "counter" ? "counter" : "gauge", help, (status, observe) => {
      for (const [subject, labels] of subjectsOf(status)) {
        const further = family.labelsOf?.(subject);
        for (const sample of family.samples) {
          observe(sample.read(subject), { ...labels, ...sample.labels, ...further });
        }
      }
    });
  }
}

/** The meter, if OpenTelemetry is on: requesting one throws if it is off. */
function findMeter(): Meter | undefined {
  try {
    return Deno.telemetry.meterProvider.getMeter("weir") as Meter;
  } catch {
    return undefined;
  }
}
