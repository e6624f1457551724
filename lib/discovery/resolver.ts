/** One DNS service record (RFC 2782): where a service is, and how its targets share the load. */
export interface ServiceRecord {
  /** A host name, without a trailing dot. */
  readonly target: string;
  readonly port: number;
  /** 0 to 65535; the lowest is used as long as a target with it is available. */
  readonly priority: number;
  /** 0 to 65535, in proportion to the others of the same priority. */
  readonly weight: number;
}

/** Looks up names. Rejects if a name does not exist or cannot be looked up. */
export interface Resolver {
  /** Returns the IP addresses of a host name, of both families. */
  addresses(hostname: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Returns the records of a service, such as `_postgres._tcp.example.org`. */
  services(name: string, signal: AbortSignal): Promise<readonly ServiceRecord[]>;
}
