// The panel as a control, for hosts that have no panels: Colab and VS Code. The kernel does what the server does elsewhere.
import { Channel } from "../shared/channel";
import type { Cleanup, RenderContext } from "../shared/host";
import type { State, Term } from "./state";
import { PanelView } from "./view";

export function render({ model: host, el }: RenderContext): Cleanup {
  const act = (action: string, fields: object = {}): void => {
    view.calm();
    channel.do(action, fields);
  };
  const view = new PanelView(el, {
    opens: false,
    actions: {
      open: ({ id }) => act("open", { lesson: id }),
      openPath: () => {},
      run: ({ id }) => act("run", { lesson: id, profile: "quick" }),
      stop: ({ id }) => act("stop", { lesson: id }),
      reset: ({ id }) => act("reset", { lesson: id }),
      copy: () => act("copy"),
      glossary: () => channel.do("glossary"),
    },
  });
  const channel: Channel<State> = new Channel<State>(host, {
    state: (state) => view.show(state),
    message(message) {
      if (message.kind === "error") view.fail(String(message.text));
      else if (message.kind === "glossary") view.terms(message.terms as Term[]);
    },
    answering: (answers) => view.answering(answers),
  });
  // What came of an action comes with the state that answers it.
  const hear = ({ answer }: any): void => {
    if (answer?.kept) view.kept(answer.kept);
    else if (answer?.lines) view.tell(answer.lines.join(" "));
  };
  host.on("msg:custom", hear);
  return () => {
    host.off("msg:custom", hear);
    channel.close();
    view.close();
  };
}
