// The panel as a control, for hosts that have no panels: Colab and VS Code. The kernel does what the server does elsewhere.
import { Channel } from "../shared/channel";
import type { Cleanup, RenderContext } from "../shared/host";
import type { State, Term } from "./state";
import { PanelView } from "./view";

export function render({ model: host, el }: RenderContext): Cleanup {
  const view = new PanelView(el, {
    opens: false,
    actions: {
      open: ({ id }) => channel.do("open", { lesson: id }),
      openPath: () => {},
      run: ({ id }) => channel.do("run", { lesson: id, profile: "quick" }),
      stop: ({ id }) => channel.do("stop", { lesson: id }),
      reset: ({ id }) => channel.do("reset", { lesson: id }),
      copy: () => channel.do("copy"),
      glossary: () => channel.do("glossary"),
    },
  });
  const channel: Channel<State> = new Channel<State>(host, {
    state(state) {
      view.calm();
      view.show(state);
    },
    message(message) {
      if (message.kind === "error") view.fail(String(message.text));
      else if (message.kind === "glossary") view.terms(message.terms as Term[]);
    },
    answering: (answers) => view.answering(answers),
  });
  return () => {
    channel.close();
    view.close();
  };
}
