/** One DNS service record (RFC 2782): where a service is, and how its places share the work. */
export interface ServiceRecord {
  /** A host name, without a dot at its end. */
  readonly target: string;
  readonly port: number;
  /** 0 to 65535; the lowest is used while any of it is there. */
  readonly priority: number;
  /** 0 to 65535, in proportion to the others of the same priority. */
  readonly weight: number;
}

/** Asks for names. What is not there, or cannot be asked for, is a rejection. */
export interface Resolver {
  /** Gives the IP addresses of a host name, of both families. */
  addresses(hostname: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Gives the records of a service, such as `_postgres._tcp.example.org`. */
  services(name: string, signal: AbortSignal): Promise<readonly ServiceRecord[]>;
}
