import type { EngineName } from "../../../lib/config/settings.ts";
import type { Contestant, ContestantName } from "./contestant.ts";
import { direct } from "./direct.ts";
import { haproxy } from "./haproxy.ts";
import { nginx } from "./nginx.ts";
import { weir } from "./weir.ts";

const THIS = new URL("../../../", import.meta.url);

/**
 * Everything that may take part, in the order in which the tables show it.
 *
 * @param before the folder of another checkout of Weir, to compare this one with
 */
export function contestantsWith(before: URL | null): readonly Contestant[] {
  const predecessor = (name: ContestantName, engine: EngineName): Contestant[] =>
    before === null ? [] : [weir(name, engine, before)];
  return [
    direct,
    haproxy,
    nginx,
    ...predecessor("before-streams", "streams"),
    weir("weir-streams", "streams", THIS),
    ...predecessor("before-native", "native"),
    weir("weir-native", "native", THIS),
  ];
}
