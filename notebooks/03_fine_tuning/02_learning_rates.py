# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   tlnb:
#     lesson: "3.2"
#     title: "Learning-rate strategies"
#     minutes: 35
# ---

# %% [markdown]
# # 3.2 Learning-rate strategies
#
# One number decides more about a training than any other: how large a step the weights take. A network that has
# learnt already needs several of them: one for the new head, which knows nothing, one for the layers below, which
# know a lot and can lose it, and for each of them a plan of how it changes from the first step to the last.
#
# **After this lesson you can** find a rate in a minute with a range test, and know what such a test must not do;
# choose rates for head and body, and measure what the body forgets; read what a schedule really does off the
# optimiser; and say what layer-wise adaptive optimisers adapt.
#
# **Takes** 35 minutes to read; the cells compute for about one minute on two cores.
#
# **Read before:** [3.1 Freezing and unfreezing layers](01_freezing.ipynb), for *layer group*, *rate ratio*, *batch
# normalisation* and how a claim is judged.

# %% tags=["parameters"]
profile = "quick"  # "full": larger images, more of them, ten seeds; for a GPU or an hour
data = "elpv"  # or the path of a folder of your own, one sub-folder for each class
device = "auto"
seed = 0

# %%
import tlnb
from tlnb.evaluation import open_ledger

claim = open_ledger("3.2", profile=profile, data=data, device=device, seed=seed)
images = tlnb.load_data(data, size=96 if profile == "quick" else 128, seed=seed)
network = tlnb.create_model("tf_efficientnet_lite0", images, crop=1.0, seed=seed)
metric = "auc" if len(images.classes) == 2 else "accuracy"

# %% [markdown]
# ## How large may a step be?
#
# Take the simplest loss there is, a bowl $L(w) = \tfrac{1}{2} \lambda w^2$, whose **curvature** is $\lambda$. Gradient
# descent with learning rate $\eta$ takes the step
#
# $$w \leftarrow w - \eta \lambda w = (1 - \eta \lambda)\, w$$
#
# so every step multiplies the distance to the optimum by the same number, $|1 - \eta\lambda|$.

# %% jupyter={"source_hidden": true}
from tlnb.controls import quiz

quiz.number(
    "Two directions with curvatures 1 and 10, one learning rate. Below which rate do both come nearer and nearer?",
    0.2,
    "From 2 / curvature on, steps grow. The steep direction sets the limit, and the flat one waits for it.",
    hints={
        2: "That is the limit of the flat direction. At rate 1, the steep one is multiplied by 9 each time.",
        0.1: "There the steep direction arrives in a single step. It may go a little higher.",
    },
    name="3.2.0",
)

# %%
from tlnb.evaluation import plot_curves

steps = range(1, 31)
distance = {
    f"rate {rate:g}": [max(abs(1 - rate) ** step, abs(1 - 10 * rate) ** step) for step in steps]
    for rate in (0.02, 0.1, 0.18, 0.21)
}
plot_curves(distance, "step", "farthest from the optimum", "Too low crawls, too high explodes", log=True)

# %% [markdown]
# A network has millions of directions, and curvatures that differ by factors of thousands and change on the way. Three
# things follow, and they are the subject of this lesson. The largest rate that does not explode can be *measured*. It
# need not be the same for all layers. And it need not be the same for all times: near the end, what is left over of a
# step's noise matters more than speed.

# %% [markdown]
# ## The range test: measure it
#
# Smith (2017): train while the rate rises from step to step, from far too low to far too high, and watch the loss. It
# stays, it falls, it explodes. A good rate lies well before the explosion, where the loss falls fastest.
#
# Half the code for this on the internet harms what it measures. Here is the usual kind.

# %%
import torch
from torch.nn.functional import cross_entropy

few, few_labels = images.train.images[:96], images.train.labels[:96]
few = tlnb.model_card(network).preprocessing.normalise(few)


def naive_range_test(model, optimizer, rates):
    for step, rate in enumerate(rates):
        for group in optimizer.param_groups:
            group["lr"] = rate
        some = slice(16 * (step % 6), 16 * (step % 6) + 16)
        optimizer.zero_grad()
        cross_entropy(model(few[some]), few_labels[some]).backward()
        optimizer.step()


# %%
import copy

harmed = copy.deepcopy(network)
body = [parameter for name, parameter in harmed.named_parameters() if "classifier" not in name]
groups = [{"params": body, "lr": 1e-4}, {"params": harmed.classifier.parameters(), "lr": 1e-2}]
optimizer = torch.optim.SGD(groups, momentum=0.9)
naive_range_test(harmed, optimizer, [10 ** (i / 3 - 4) for i in range(12)])
for name in ("conv_stem.weight", "bn1.running_mean"):
    assert not torch.equal(harmed.state_dict()[name], network.state_dict()[name])
[group["lr"] for group in optimizer.param_groups]

# %% [markdown]
# Two things are broken. The network is not the one that we had: its weights have been through an explosion, and its
# running statistics too. And the head's rate was a hundred times the body's; after the test both have **one rate**. A
# schedule that sets rates, instead of multiplying them, does the same in every step of a training.
#
# `find_rates` trains a *copy* while a multiplier of the recipe's own rates rises, so that their ratios stay. Nothing
# that it is given changes, and we assert it.

# %%
base = tlnb.Recipe(trainable=1, learning_rate=3e-3, rate_ratio=0.1, batch_size=16, epochs=4)
before = copy.deepcopy(network.state_dict())
drawn = torch.get_rng_state()
sweep = tlnb.find_rates(network, images, base, device=device, progress=False)
assert all(torch.equal(before[name], now) for name, now in network.state_dict().items())
assert torch.equal(drawn, torch.get_rng_state())
head, late = sweep.rates[:, -1], sweep.rates[:, -2]
assert abs(late / head - 0.1).max() < 1e-9

# %%
sweep.plot()

# %%
sweep

# %% [markdown]
# Read the figure from left to right. At the lowest rates nothing happens: the points scatter about the loss of a head
# that guesses ($\ln 2 = 0.69$ nats for two classes). Then the loss falls, for one or two powers of ten; then it rises
# again, and points jump: that is the explosion. Three suggestions are read off the curve, and they differ severalfold.
# That is no fault: the test sees a hundred steps, each at another rate. It tells the power of ten. Take the *valley* to
# begin with, and keep the rest for an experiment.
#
# A test is only as good as what it tests: the recipe's own optimiser, batch size and augmentation. Change the batch
# size and test again.

# %% [markdown]
# ## Body and head: what is forgotten
#
# The head is new and has all to learn; the body has something to lose. What a network knew is overwritten by what it
# learns next, and quickly: **catastrophic forgetting** (McCloskey & Cohen, 1989). To measure it we need a task that the
# network could do before. ImageNet's photographs are not ours to give, so we make a source of our own: a small network
# learns handwritten digits, from nothing.

# %%
digits = tlnb.load_data("mnist", size=32, seed=seed)
small = tlnb.create_model("test_efficientnet", digits, weights="random", crop=1.0, seed=seed)
learn_digits = tlnb.Recipe.preset("scratch", epochs=4, batch_size=64, seed=seed)
source = tlnb.fit(small, digits, learn_digits, device=device, progress=False).model.cpu()

# %% tags=["nbval-check-output"]
from tlnb.evaluation import source_scores

assert source_scores(source, source, digits)["accuracy"] > 0.9
print(f"{sum(parameter.numel() for parameter in source.parameters()):,} parameters, {len(digits.train):,} digits")

# %% [markdown]
# Now it shall learn something else: what kind of thing an emoji shows, in five groups. The head for digits is put aside
# and a new one put on. Afterwards the *old* head goes onto the *new* body, and is asked for digits again: that is what
# `source_scores` does.
#
# Batch statistics forget as well, and know no rate, as lesson 3.1 has shown. Here the question is about rates, so all
# recipes keep the statistics (`fixed_statistics=True`), and only weights move.

# %%
from tlnb.backbones import with_new_head

emoji = tlnb.load_data("emoji", size=32, task="group", seed=seed)
start = with_new_head(source, emoji, seed=seed)
tune = tlnb.Recipe(trainable="all", learning_rate=1e-2, batch_size=16, epochs=8, fixed_statistics=True)
bodies = {
    "body at the head's rate": tune,
    "body at a tenth": tune.with_(rate_ratio=0.1),
    "body at a hundredth": tune.with_(rate_ratio=0.01),
    "layer-wise decay": tune.with_(rate_ratio=0.1, layer_decay=1 / 2.6),
    "body frozen": tune.with_(trainable="head"),
}

# %% jupyter={"source_hidden": true}
quiz(
    "Eight passes over a hundred emoji, the whole network at the rate of its head. How many digits does it still know?",
    {
        "Nearly all: a hundred images cannot undo three thousand": "What limits the damage is how far weights go, and "
        "that is up to the rate and the number of steps, not to how much was learnt before.",
        "About half": "Guessing among ten digits gives a tenth.",
        "None: it guesses": "",
    },
    correct="None: it guesses",
    why="Each step is taken for emoji alone. Nothing in the loss remembers digits.",
    name="3.2.1",
)

# %%
from tlnb.evaluation import Experiment, FitTrial, scored


def both_tasks(run, part):
    kept = source_scores(source, run.model.cpu(), digits)["accuracy"]
    return {"accuracy": scored("accuracy", run.outputs), "accuracy: digits": kept}


def few_emoji(all_, seed):
    return all_.resplit(seed=seed, valid=0).few(20, seed=seed)


# %%
seeds = range(seed, seed + (3 if profile == "quick" else 10))
trial = FitTrial(start, emoji, both_tasks, split=few_emoji, device=device)
forgetting = Experiment(bodies, trial).run(seeds)
forgetting.plot("accuracy: digits", "What is left of the digits", chance=0.1)

# %%
forgetting.plot("accuracy", "What was learnt of the emoji", chance=0.2)

# %% [markdown]
# At the head's rate the network guesses: eight passes over a hundred emoji have wiped out what three thousand digits
# had taught. At a tenth of that rate it still knows most of them, at a hundredth all but a few in a thousand.
#
# The second figure is the other half of the trade. In the record, with ten seeds, a tenth learns the emoji best (0.32);
# a hundredth (0.29) and a frozen body (0.27) adapt too little. But the head's rate is the *worst* (0.25): it has torn
# down what it could have built on.

# %%
claim("3.2.1", forgetting)

# %% [markdown]
# One line of the card asks whether a low rate keeps more than the head's rate; the other whether a very low one keeps
# *all*, compared with a body that is frozen. The third recipe, **layer-wise decay**, gives every group a rate of its
# own, smaller by a constant factor from group to group towards the input.
#
# And if the statistics are let go? Then a low rate does not protect anything:

# %%
free = {
    "a tenth, statistics free": bodies["body at a tenth"].with_(fixed_statistics=False),
    "a hundredth, statistics free": bodies["body at a hundredth"].with_(fixed_statistics=False),
}
also = forgetting.join(Experiment(free, trial).run(seeds))
question = "Does a low rate keep the old task if batch statistics are free?"
pairs = [(f"a {share}, statistics free", f"body at a {share}") for share in ("tenth", "hundredth")]
claim.observe(question, also, "accuracy: digits", *pairs)

# %% [markdown]
# In the record more than half of the digits are gone at either rate, because the statistics of the emoji took the place
# of theirs. Whoever says "a low rate protects what was learnt" has to add: *if batch normalisation is frozen*.

# %% [markdown]
# ## The head needs a high one
#
# The new head begins with random weights. How fast does it learn, by its rate? The body is frozen here, so what it says
# of each image is computed once, and all rates with all seeds train **in one batched product**, in a second or two.

# %%
rates = (1e-4, 1e-3, 1e-2, 1e-1)
probe = tlnb.Recipe(trainable="head", schedule="constant", batch_size=16, epochs=10)
heads = {f"head at {rate:g}": probe.with_(learning_rate=rate) for rate in rates}
curves = {name: [] for name in heads}


def adaptation(run, part):
    losses = [record.valid_loss for record in run.history]
    curves[f"head at {run.recipe.learning_rate:g}"].append(losses)
    near = next(i for i, loss in enumerate(losses) if loss <= 1.05 * min(losses))
    first = run.history[0]
    score = first.valid_auc if metric == "auc" else first.valid_accuracy
    return {f"{metric}: after one epoch": score, "epochs": 1 + near}


# %%
def with_validation(all_, seed):
    part = all_.resplit(seed=seed, valid=0.25, test=0.1)
    return part.few(min(100, *part.train.per_class.values()), seed=seed)


many = range(seed, seed + (20 if profile == "quick" else 50))
trial = FitTrial(network, images, adaptation, split=with_validation, device=device)
adapting = Experiment(heads, trial).run(many)

# %%
import numpy as np

mean = {name: np.mean(losses, axis=0) for name, losses in curves.items()}
plot_curves(mean, "epoch", "validation loss (nats)", "A new head at four rates", log=True)

# %% [markdown]
# At 0.0001 the head creeps: ten epochs later it has not found its best loss. At 0.001 it is there after one or two.
# But look at the *heights*. At 0.01, and more so at 0.1, the loss is higher than that of guessing (0.69), though the
# ranking of the images is as good: large steps make large logits, and where these are wrong, they are very wrong.
#
# So read the claim with care. A high rate speeds the head up, and it is a matter of the middle: some ten times the rate
# that would suit the body, not a thousand times.

# %%
claim("3.2.2", adapting)

# %% [markdown]
# ## Schedules: what the rate does over time
#
# A rate that serves at the start is too large for the end: near the optimum the noise of small batches keeps throwing
# the weights about, and the farther the larger the rate. So rates **decay**. In a recipe the schedule is a name; all
# groups' rates are multiplied by one number that peaks at 1, so that their ratios stay.

# %%
E = base.epochs if profile == "quick" else 12
late = base.with_(rate_ratio=1 / 3, epochs=E)
schedules = {
    "constant": late.with_(schedule="constant"),
    "step decay": late.with_(schedule="step", schedule_options={"every": E / 4}),
    "cosine decay": late.with_(schedule="cosine"),
    "warm-up, cosine": late.with_(schedule="cosine", warmup_epochs=E / 8),
    "one-cycle": late.with_(schedule="one_cycle"),
    "triangular": late.with_(schedule="triangular", schedule_options={"cycle": E / 2}),
    "SGDR restarts": late.with_(schedule="restarts", schedule_options={"cycle": E / 4, "growth": 1}),
}

# %%
from tlnb.evaluation import plot_panels

drawn = {name: recipe.rates(network, 160) for name, recipe in schedules.items()}
place = np.arange(len(drawn["constant"])) / drawn["constant"].steps_per_epoch
plot_panels(
    {name: found.rates[:, -1] for name, found in drawn.items()},
    "epoch",
    "head's rate",
    "Seven schedules, one peak",
    x=place,
)

# %% [markdown]
# These curves are not drawn from formulas: `recipe.rates` steps the real optimiser through a whole run and reads every
# group's rate. Of one schedule we check the formula, and that the ratio of body and head stays as it was asked for:

# %%
found = drawn["cosine decay"].rates
t, T = np.arange(len(found)), len(found)
assert np.allclose(found[:, -1], late.learning_rate * (1 + np.cos(np.pi * t / T)) / 2)
for curves_ in drawn.values():
    assert np.allclose(curves_.rates[:, -2] / curves_.rates[:, -1], 1 / 3)

# %% [markdown]
# **Warm-up** lets the first steps be small, while the optimiser's own averages are still empty (Goyal et al., 2017).
# **One-cycle** (Smith, 2018) rises for longer and lowers the momentum meanwhile. **Cyclical** rates go up again in the
# middle of the run, in straight lines (Smith, 2017) or after each half of a cosine (SGDR, Loshchilov & Hutter, 2017):
# to get out of a poor valley and into a better one, it is said.

# %% jupyter={"source_hidden": true}
quiz(
    "Seven schedules, the same peak rate, the same seeds. What will differ most clearly?",
    {
        "How well they recognise test images": "A few hundredths, up or down: can three seeds show that?",
        "How far the weights still move in the last epoch": "",
        "Nothing that can be seen": "One of them ends at its full rate.",
    },
    correct="How far the weights still move in the last epoch",
    why="That is what a schedule sets. Whether it pays is another question, and we ask it too.",
    name="3.2.3",
)

# %%
from tlnb.training import WeightPath


def way_and_score(recipe, seed):
    part = images.resplit(seed=seed, valid=0, test=0.15)
    part = part.few(min(48 if profile == "quick" else 100, *part.train.per_class.values()), seed=seed)
    path = WeightPath()
    run = tlnb.fit(network, part, recipe.with_(seed=seed), device=device, progress=False, on_event=path)
    return {metric: scored(metric, run.outputs), "distance: last epoch": path.lengths[-1]}


planned = Experiment(schedules, way_and_score).run(seeds)

# %%
claim("3.2.3", planned)

# %%
planned.plot(metric, "Seven schedules, the same images", chance=0.5 if metric == "auc" else None)

# %% [markdown]
# The card is clear, and the figure is not: in the last epoch a decayed rate hardly moves the weights any more, while a
# constant one goes on and on. Whether that *scores* is a smaller matter than the splits: each row's points lie farther
# apart than the rows. In the record, with ten splits and a hundred images of each class, the seven rows still overlap.

# %% [markdown]
# ### Up and down again: does it end better?
#
# On real data we never know what could have been reached. So we also take a surface whose optimum we know, a bowl with
# ripples, $L(x) = x^2/4 + 0.2\,(1 - \cos 2\pi x)$, with noise in every gradient. A descent begins somewhere between -4
# and 4, and should end at 0.

# %%
from tlnb.evaluation import surface

x = np.linspace(-4, 4, 400)
plot_curves({"": surface.loss(x)}, "x", "loss", "A bowl with ripples: which valley will it be?", x=x)

# %%
down = tlnb.Recipe(learning_rate=0.85 * surface.LARGEST_RATE, epochs=12)
options = {"triangular": {"cycle": 6}, "SGDR restarts": {"cycle": 3, "growth": 1}, "step decay": {"every": 3}}
names = {"constant": "constant", "step decay": "step", "cosine decay": "cosine", "triangular": "triangular"}
names["SGDR restarts"] = "restarts"
plans = {n: down.with_(schedule=s, schedule_options=options.get(n, ())) for n, s in names.items()}
ends = Experiment(plans, lambda plan, seed: {"distance: to the optimum": abs(surface.descend(plan, seed).end)})
known = ends.run(range(seed, seed + (200 if profile == "quick" else 2000)), progress=False)

# %%
claim("3.2.4", planned, known)

# %% [markdown]
# **It does not hold here.** In the record, two thousand descents under triangular cycles end 15 % *farther* from the
# optimum than under one cosine (from 5 to 25 %), under restarts 9 % (from -1 to 20 %). On the real images ten splits do
# not decide it; what there is, a hundredth of AUC, points the same way.
#
# The surface shows why. A rate that is high enough to leave a poor valley is high enough to leave the best one too.
# What counts is where the descent is when the rate comes down for the last time, and a long decay has more time to find
# the deepest valley than the last of several short ones. Cycles have another use: they end several times, and each end
# is a model. (Huang et al., 2017, average these.)

# %% [markdown]
# ## A rate for each layer, by itself
#
# So far we gave rates to groups by hand. **Layer-wise adaptive** optimisers give every layer its own, in every step:
# LARS (You, Gitman & Ginsburg, 2017) multiplies a layer's step by its **trust ratio**
#
# $$r = \frac{\lVert w \rVert}{\lVert g \rVert + \lambda \lVert w \rVert}$$
#
# the length of its weights $w$ over that of its gradient $g$, with what weight decay $\lambda$ adds. (LAMB, You et al.,
# 2020, does the same to the step of Adam.) Let us compute it for every layer of the small network, on one batch.

# %%
model = copy.deepcopy(start).eval()
normalise = tlnb.model_card(model).preprocessing.normalise
batch = emoji.train.images[:64], emoji.train.labels[:64]
cross_entropy(model(normalise(batch[0])), batch[1]).backward()
weights = {name: weight for name, weight in model.named_parameters() if weight.ndim > 1 and "classifier" not in name}
ratios = {name: float(weight.detach().norm() / weight.grad.norm()) for name, weight in weights.items()}
print(
    f"{len(ratios)} layers; the largest ratio is {max(ratios.values()) / min(ratios.values()):.0f} times the smallest"
)

# %%
plot_curves({"": list(ratios.values())}, "layer, input on the left", "trust ratio", "No two layers alike", log=True)

# %% [markdown]
# Under SGD, a layer's step is as long as its gradient: so, as a share of its weights, one layer goes hundreds of times
# as far as another. Under LARS each goes the *same* share. One step shows it:

# %%
from tlnb.training import weight_movement

one_step = tlnb.Recipe(trainable="all", epochs=1, schedule="constant", fixed_statistics=True, weight_decay=1e-4)
one_step = one_step.with_(momentum=0.0, batch_size=1000)
rate = {"sgd": 1e-3, "lars": 1.0, "adamw": 1e-3, "lamb": 1e-2}
step_of = {name: one_step.with_(optimizer=name, learning_rate=rate[name]) for name in rate}


def spread(way, seed):
    recipe, per_class = way
    part = emoji.resplit(seed=seed, valid=0).few(per_class, seed=seed)
    run = tlnb.fit(start, part, recipe.with_(seed=seed), device=device, progress=False)
    moved = list(weight_movement(start, run.model.cpu()).values())
    return {"distance: orders of magnitude": float(np.log10(max(moved) / min(moved)))}


# %%
sizes = {"small batch": 2, "large batch": 40}
ways = {f"{name}, {size}": (recipe, n) for name, recipe in step_of.items() for size, n in sizes.items()}
spreads = Experiment(ways, spread).run(seeds)
spreads

# %%
claim("3.2.5", spreads)

# %% [markdown]
# Under SGD the shares lie two orders of magnitude apart and more, under LARS they are one and the same. AdamW has come
# half of the way: it divides each weight's gradient by its own size, so that all weights move alike, and layers of
# small weights move far. LAMB goes the rest.
#
# Then why does not everybody use them? They were made for batches of thousands, where few steps are left and one rate
# for all layers is either too low for some or too high for others. With small batches there is time for small steps.
# And there is a trap: LARS as it is commonly written adapts only what has weight decay. Biases and normalisation have
# none, so they take *plain* steps, at the large rate that LARS is used with. At a rate of 10, which the formula seems
# to ask for, this network explodes in its third step.

# %% [markdown]
# ## By your own hand
#
# Each handle below is a rate: the head's, and the body's beside it. Choose a schedule and pull it into shape; what you
# see is read from the optimiser that will train. Find a rate at which the score collapses, and one at which nothing
# happens; then let the range test suggest one.

# %% tags=["control"]
from tlnb.controls import LearningRates, SharedRecipe, TrainingMonitor

few_images = images.few(min(24, *images.train.per_class.values()), seed=seed)
mine = SharedRecipe(late.with_(epochs=4))
dials = LearningRates(network, mine, few_images, device=device)
dials

# %% [markdown]
# Train with them. Pull the head's handle while it runs: the next step takes the new rate. When a run has ended, its
# rates stay above as a ghost, with its result.

# %% tags=["control"]
monitor = TrainingMonitor(network, few_images, mine, device=device)
monitor.on_end(dials.add_ghost)
monitor

# %% [markdown]
# ## Exercises
#
# **a.** Write `share_of_peak(step, steps, warmup)`: which share of its peak a rate has in a step (counted from 0) of a
# run of `steps`. In the first `warmup` steps it rises in a straight line, from 0, to 1 when the warm-up is over; after
# that it falls by half a cosine, which would reach 0 at step `steps`.


# %%
def share_of_peak(step, steps, warmup): ...


# %%
from tlnb.course import check

check("3.2.a", share_of_peak)

# %% [markdown]
# **b.** Write `trust_ratio(weight, gradient, decay)` for tensors, as LARS has it. Where there is nothing to compare,
# because the weights or the gradient are all zero, the ratio is 1.


# %%
def trust_ratio(weight, gradient, decay): ...


# %%
check("3.2.b", trust_ratio)

# %% [markdown]
# Stuck? `hint("3.2.b")` helps, `solution("3.2.b")` tells; both come from `tlnb.course`.

# %% [markdown]
# ## What you saw

# %%
claim.summary()

# %% [markdown]
# - The largest rate that does not explode is set by the steepest direction, and can be measured in a hundred steps. A
#   range test has to do it on a copy, and keep the ratios of the groups.
# - A low rate on the body keeps what it knew; a very low one keeps all. But only weights know rates: batch statistics,
#   left free, forget just the same.
# - A new head wants a higher rate, and is found by a factor of ten, not by a thousand.
# - A schedule sets how far weights still move at the end, as told. Which one scores best, our splits cannot say.
# - Layer-wise adaptive optimisers make all layers move by the same share of their weights. That is what they adapt, and
#   no more.
# - **What did not hold:** that cyclical rates end better than a decay. On a surface with a known optimum they end
#   farther from it; on real images ten splits do not decide. And a low rate alone does not protect what a network knew:
#   the statistics have to be kept as well.
#
# `tlnb.course.progress()` shows what you have passed so far.
#
# **Next:** lesson 3.3 makes more of the images that there are.
#
# ### References
#
# - L. N. Smith. *Cyclical Learning Rates for Training Neural Networks.* WACV, 2017.
# - L. N. Smith. *A disciplined approach to neural network hyper-parameters: Part 1.* arXiv:1803.09820, 2018.
# - I. Loshchilov, F. Hutter. *SGDR: Stochastic Gradient Descent with Warm Restarts.* ICLR, 2017.
# - P. Goyal et al. *Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour.* arXiv:1706.02677, 2017.
# - M. McCloskey, N. J. Cohen. *Catastrophic Interference in Connectionist Networks: The Sequential Learning Problem.*
#   Psychology of Learning and Motivation 24, 1989.
# - J. Howard, S. Ruder. *Universal Language Model Fine-tuning for Text Classification.* ACL, 2018.
# - Y. You, I. Gitman, B. Ginsburg. *Large Batch Training of Convolutional Networks.* arXiv:1708.03888, 2017. (LARS)
# - G. Huang, Y. Li, G. Pleiss, Z. Liu, J. E. Hopcroft, K. Q. Weinberger. *Snapshot Ensembles: Train 1, get M for free.*
#   ICLR, 2017.
# - Y. You et al. *Large Batch Optimization for Deep Learning: Training BERT in 76 minutes.* ICLR, 2020. (LAMB)
