import { registerEngineConformance } from "./engine_conformance.ts";

registerEngineConformance("native");
