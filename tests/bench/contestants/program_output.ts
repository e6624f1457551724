/** Runs a program to its end and returns its output, both streams, and whether it succeeded. */
export async function programOutput(
  program: string,
  args: readonly string[],
): Promise<{ success: boolean; text: string }> {
  const command = new Deno.Command(program, { args: [...args], stdin: "null" });
  const { success, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { success, text: (decoder.decode(stdout) + decoder.decode(stderr)).trim() };
}
