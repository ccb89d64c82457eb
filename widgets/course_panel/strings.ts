// Every text of the panel, in one place, so that it can be translated: JupyterLab hands in its own `trans`, and its tools
// find what stands in `trans.__(…)` and `trans._n(…)`.
import type { Status } from "./state";

/** The part of JupyterLab's TranslationBundle that is used here. */
export interface Translate {
  __(text: string, ...values: any[]): string;
  _n(one: string, many: string, n: number, ...values: any[]): string;
}

const filled = (text: string, values: unknown[]): string =>
  text.replace(/%(\d+)/g, (_, place: string) => String(values[Number(place) - 1]));

/** English, where nobody translates. */
export const untranslated: Translate = {
  __: (text, ...values) => filled(text, values),
  _n: (one, many, n, ...values) => filled(n === 1 ? one : many, [n, ...values]),
};

export type Strings = ReturnType<typeof strings>;

export function strings(trans: Translate) {
  const status: Record<Status, string> = {
    "not begun": trans.__("not begun"),
    begun: trans.__("begun"),
    done: trans.__("done"),
  };
  return {
    title: trans.__("Course"),
    loading: trans.__("Looking up how far you are…"),
    status,

    // Numbers
    seconds: (n: number) => trans.__("%1 s", n),
    minutes: (n: number) => trans.__("%1 min", n),
    minutesAndSeconds: (minutes: number, seconds: number) => trans.__("%1 min %2 s", minutes, seconds),
    computesHere: (time: string) => trans.__("about %1 to compute here", time),
    computesElsewhere: (time: string) => trans.__("about %1 to compute (on our machine)", time),

    // What comes next
    next: trans.__("Next"),
    begin: (id: string) => trans.__("Begin with lesson %1", id),
    goOn: (id: string) => trans.__("Go on with lesson %1", id),
    atExercise: (id: string) => trans.__("exercise %1 is open", id),
    allDone: trans.__("You have done every lesson that there is."),
    noCopy: trans.__("The lessons are opened as a copy of your own, which an upgrade never writes over."),
    copyLessons: trans.__("Copy the lessons here"),
    updateLessons: trans.__("Bring the lessons up to date"),

    // Lessons
    lessons: trans.__("Lessons"),
    show: trans.__("Show"),
    filters: { all: trans.__("all"), open: trans.__("to do"), done: trans.__("done") },
    noneShown: trans.__("None."),
    numbered: (number: number | string, title: string) => trans.__("%1 %2", number, title),
    lessonsDone: (done: number, of: number) => trans._n("%2 of %1 lesson done", "%2 of %1 lessons done", of, done),
    doneOf: (done: number, of: number) => trans.__("%1 of %2 done", done, of),
    toCome: trans.__("to come"),
    notWritten: trans.__("not in this release yet"),
    about: (id: string, title: string) => trans.__("More about %1 %2", id, title),
    here: trans.__("open now"),
    open: trans.__("Open"),
    openInColab: trans.__("Open in Colab"),
    copyPath: trans.__("Copy its path"),
    pathOf: (what: string) => trans.__("%1 (copy its path)", what),
    copied: (path: string) => trans.__("Copied: %1", path),
    notCopied: (path: string) => trans.__("The path: %1", path),
    run: trans.__("Run headless"),
    runSays: trans.__("Runs your copy as it is on disk, in a process of its own. Your file is not touched."),
    stop: trans.__("Stop"),
    reset: trans.__("Reset…"),
    resetAsks: (id: string) => trans.__("Begin lesson %1 anew? Your version is kept beside it, under another name.", id),
    resetConfirms: trans.__("Keep mine, and reset"),
    cancel: trans.__("Cancel"),
    kept: (name: string) => trans.__("Your version is kept as %1.", name),
    edited: trans.__("You have worked on your copy: an upgrade leaves it as it is."),
    editedMark: trans.__("edited"),
    beside: trans.__("A newer version lies beside yours."),
    besideMark: trans.__("newer version"),
    openBeside: trans.__("Open the newer version"),
    exercise: (id: string) => trans.__("Exercise %1", id),
    passed: (tries: number) => trans._n("passed at the first try", "passed after %1 tries", tries),
    withHelp: trans.__("with help"),
    tried: (tries: number) => trans._n("tried once", "tried %1 times", tries),
    untried: trans.__("not tried"),
    quizzes: trans.__("Quizzes"),
    answered: (answered: number, of: number, right: number) => trans.__("%1 of %2 answered, %3 right", answered, of, right),

    // Runs
    waits: trans.__("Waits for its turn"),
    starts: trans.__("Starts…"),
    runs: (cell: number, of: number, time: string) => trans.__("%1 of %2 cells, %3", cell, of, time),
    ran: (time: string) => trans.__("Ran to its end in %1", time),
    stopped: (time: string) => trans.__("Stopped after %1", time),
    failed: (cell: number, of: number) => trans.__("Failed after %1 of %2 cells", cell, of),
    failedAtOnce: trans.__("Could not be run"),
    stopRun: (id: string) => trans.__("Stop the run of lesson %1", id),
    runOf: (id: string) => trans.__("Run of lesson %1", id),
    lessonSays: (id: string, says: string) => trans.__("Lesson %1: %2.", id, says),
    report: trans.__("Report"),
    notebook: trans.__("Executed notebook"),

    // The machine
    machine: trans.__("This machine"),
    device: trans.__("Device"),
    cores: (n: number) => trans._n("%1 core", "%1 cores", n),
    memory: trans.__("Memory"),
    cache: trans.__("Cache"),
    cacheLimit: (used: string, limit: string) => trans.__("%1 of at most %2", used, limit),
    disk: trans.__("Disk"),
    freeOf: (free: string, all: string) => trans.__("%1 of %2 free", free, all),
    free: (free: string) => trans.__("%1 free", free),
    folder: trans.__("Lessons"),
    root: trans.__("this folder"),
    version: trans.__("Version"),
    unknown: trans.__("not known"),

    // The glossary
    glossary: trans.__("Glossary"),
    search: trans.__("Search a term"),
    termsFound: (n: number) => trans._n("%1 term", "%1 terms", n),
    noTerm: (query: string) => trans.__("No term has “%1”.", query),
    firstShown: (n: number) => trans.__("the first %1; type on for fewer", n),
    alsoCalled: (names: string) => trans.__("also: %1", names),
    inLesson: (id: string) => trans.__("Lesson %1", id),

    otherFormat: trans.__("The panel and the installed tlnb are of different versions: reload this page, or start the kernel or JupyterLab again."),
  };
}

/** What only JupyterLab and Notebook say. */
export function labStrings(trans: Translate) {
  return {
    noServer: trans.__("This server does not know the course."),
    noServerMend: trans.__("Install it in the environment that the server runs in, and start the server again:"),
    retry: trans.__("Try again"),
    unreachable: trans.__("The server does not answer. Once it does, this goes on by itself."),
    reset: (id: string) => trans.__("Lesson %1 begins anew.", id),
    next: trans.__("Next lesson"),
    noNext: trans.__("There is no lesson after this one yet."),
    noPrevious: trans.__("There is no lesson before this one."),
    runAgain: trans.__("Run the cell above to steer this."),
    asNew: trans.__("The lessons are up to date."),
    openPanel: trans.__("Course Panel"),
    openNext: trans.__("Open the Next Lesson"),
    runThis: trans.__("Run This Lesson Headless"),
    resetThis: trans.__("Reset This Lesson…"),
    searchGlossary: trans.__("Search the Glossary"),
    previousLesson: trans.__("Previous Lesson"),
    nextLesson: trans.__("Next Lesson"),
    category: trans.__("Transfer Learning Course"),
    caption: trans.__("Lessons, progress, headless runs and the glossary of tlnb"),
  };
}
