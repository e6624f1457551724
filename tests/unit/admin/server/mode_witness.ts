/// <reference lib="webworker" />
/** A thread that polls a file, and reports which modes it has seen. */
import { addSighting, isOver } from "./mode_watch.ts";

self.onmessage = ({ data }: MessageEvent<{ path: string; shared: Int32Array }>) => {
  const seen = new Set<number>();
  while (!isOver(data.shared)) {
    try {
      seen.add((Deno.statSync(data.path).mode ?? 0) & 0o777);
      addSighting(data.shared);
    } catch {
      // It is not there.
    }
  }
  self.postMessage([...seen]);
};
