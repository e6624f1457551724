import type { Diagnostic } from "../../config/diagnostic.ts";
import type { Settings } from "../../config/settings.ts";
import { Discovery } from "../../discovery/discovery.ts";
import { SystemResolver } from "../../discovery/system_resolver.ts";

/**
 * Looks up the names of all backends, as a start does. Returns a warning for each one that has no
 * address, and an error for each listener that would be left without a backend.
 */
export async function checkNames(settings: Settings): Promise<readonly Diagnostic[]> {
  const discovery = new Discovery({ resolver: new SystemResolver(), onChange: () => {} });
  const { problems, warnings } = await discovery.resolveFirst(settings);
  discovery.stop();
  const { file } = settings;
  const place = { file, line: 0, column: 0, length: 0, lineText: "", lineStart: 0 };
  function diagnose(severity: Diagnostic["severity"], sentence: string): Diagnostic {
    const message = sentence.charAt(0).toLowerCase() + sentence.slice(1);
    return { severity, message, ...place };
  }
  return [
    ...problems.map((problem) => diagnose("error", problem)),
    ...warnings.map((warning) => diagnose("warning", warning)),
  ];
}
