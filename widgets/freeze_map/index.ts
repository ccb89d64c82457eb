import type { Cleanup, RenderContext } from "../shared/host";
import { FreezeMap } from "./view";

export function render({ model, el }: RenderContext): Cleanup {
  const view = new FreezeMap(model, el);
  return () => view.close();
}
