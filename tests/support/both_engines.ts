import { freePorts } from "./free_ports.ts";

/** Engines, as written for the key `engine`. */
export const ENGINES = ["streams", "native"] as const;

/** One listener of the configuration that {@linkcode bothEngines} writes. */
export interface EnginePort {
  readonly engine: typeof ENGINES[number];
  readonly port: number;
  /** As in `[mappings]`, in the access log and in metrics. */
  readonly key: string;
}

/** A configuration with a listener for each engine, otherwise identical. */
export interface BothEngines {
  readonly text: string;
  readonly listeners: readonly EnginePort[];
}

/** How such a configuration is written. */
export interface BothEnginesOptions {
  /** The right side of the mappings. */
  readonly backends: readonly string[];
  /** Keys of `[options]`, besides `workers = 2` and an access log in JSON, `FOLDER/access.log`. */
  readonly options?: Readonly<Record<string, string | number>>;
  /** One for each engine. @default {free ones} */
  readonly ports?: readonly number[];
}

/** Writes a configuration with two listeners, so that one process shows what both engines do. */
export function bothEngines(inputs: BothEnginesOptions): BothEngines {
  const { backends, ports = freePorts(ENGINES.length) } = inputs;
  const options = {
    ...{ workers: 2, access_log: "FOLDER/access.log", log_format: "json" },
    ...inputs.options,
  };
  const listeners = ENGINES.map((engine, index) => {
    const port = ports[index] as number;
    return { engine, port, key: `127.0.0.1:${port}` };
  });
  const text = [
    "[options]",
    ...Object.entries(options).map(([key, value]) => `${key} = ${value}`),
    "[mappings]",
    ...listeners.map(({ key }) => `${key} = ${backends.join(", ")}`),
    ...listeners.flatMap(({ key, engine }) => [`[options ${key}]`, `engine = ${engine}`]),
    "",
  ].join("\n");
  return { text, listeners };
}
