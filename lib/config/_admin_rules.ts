import { addressesOverlap } from "../base/address.ts";
import type { OptionValues } from "./_options.ts";
import type { Sections } from "./_sections.ts";
import { isExposed, parseAdminAddress } from "./admin_address.ts";
import { quote } from "./quote.ts";
import type { ListenerSettings } from "./settings.ts";
import type { Source } from "./source.ts";

/** Reports an admin API that anybody could reach, and one that is where a listener is. */
export function checkAdmin(
  sections: Sections,
  { global }: OptionValues,
  listeners: readonly ListenerSettings[],
  source: Source,
): void {
  const address = parseAdminAddress(global.admin ?? "off");
  const token = sections.options.flatMap(({ entries }) => entries)
    .find(({ key }) => key.text === "admin")?.value[0];
  if (address?.kind !== "tcp" || token === undefined) return;
  // A key that was written but is wrong has been reported; one mistake is enough.
  const hasTokenKey = sections.options.flatMap(({ entries }) => entries)
    .some(({ key }) => key.text === "admin_token_file");
  if (isExposed(address) && !hasTokenKey) {
    source.error(
      token,
      `admin ${quote(token.text)} can be reached from other machines: expected ` +
        '"admin_token_file" beside it, an address of loopback such as ' +
        `"127.0.0.1:${address.address.port}", or the path of a Unix socket`,
    );
  }
  const taken = listeners.find((listener) => addressesOverlap(listener.address, address.address));
  if (taken !== undefined) {
    source.error(token, `admin ${quote(token.text)} is where listener ${quote(taken.key)} is`);
  }
}
