import { addressesOverlap } from "../base/address.ts";
import type { OptionValues } from "./_options.ts";
import type { Sections } from "./_sections.ts";
import { isExposed, parseAdminAddress } from "./admin_address.ts";
import { quote } from "./quote.ts";
import type { ListenerSettings } from "./settings.ts";
import type { Source } from "./source.ts";

/** Reports an admin API that anyone could reach, and one whose address belongs to a listener. */
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
  // A key with an invalid value has been reported already; one message is enough.
  const hasTokenKey = sections.options.flatMap(({ entries }) => entries)
    .some(({ key }) => key.text === "admin_token_file");
  if (isExposed(address) && !hasTokenKey) {
    source.error(
      token,
      `admin ${quote(token.text)} can be reached from other machines: expected ` +
        '"admin_token_file" to be set as well, a loopback address such as ' +
        `"127.0.0.1:${address.address.port}", or the path of a Unix socket`,
    );
  }
  const taken = listeners.find(({ addresses }) =>
    addresses.some((each) => addressesOverlap(each, address.address))
  );
  if (taken !== undefined) {
    source.error(
      token,
      `admin ${quote(token.text)} is the address of listener ${quote(taken.key)}`,
    );
  }
}
