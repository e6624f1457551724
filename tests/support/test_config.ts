/** A configuration file with one listener. */
export interface TestConfig {
  readonly port: number;
  /** Without brackets. @default {"127.0.0.1"} */
  readonly hostname?: string;
  /** The right side of the mapping: names with their flags. */
  readonly backends: readonly string[];
  /** Keys of `[options]`. */
  readonly options?: Readonly<Record<string, string | number>>;
}

/** Writes the text of a configuration file. */
export function testConfig(config: TestConfig): string {
  const { port, hostname = "127.0.0.1", backends, options = {} } = config;
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return [
    "[options]",
    ...Object.entries(options).map(([key, value]) => `${key} = ${value}`),
    "[mappings]",
    `${host}:${port} = ${backends.join(", ")}`,
    "",
  ].join("\n");
}
