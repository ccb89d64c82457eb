import type { Cleanup, RenderContext } from "../shared/host";
import { featureExplorer } from "./view";

export function render({ model, el }: RenderContext): Cleanup {
  return featureExplorer(model, el).close;
}
