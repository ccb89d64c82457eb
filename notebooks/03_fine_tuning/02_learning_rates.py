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

quiz(
    "Two directions with curvatures 1 and 10, one learning rate for both. Which rates can it have?",
    {
        "Any, if we only wait long enough": "Put the numbers in: with a rate of 0.3 and a curvature of 10, what is $|1 - 0.3 · 10|$?",
        "Less than 0.2: the steepest direction decides": "",
        "Less than 2: the flattest direction decides": "With a rate of 1, the steep direction is multiplied by 9 in every step.",
    },
    correct="Less than 0.2: the steepest direction decides",
    why="From 2 / curvature on, steps grow. The steep direction sets the limit, and the flat one waits for it.",
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
gone = {name: float((now - network.state_dict()[name]).abs().max()) for name, now in harmed.state_dict().items()}
assert gone["conv_stem.weight"] > 0 and gone["bn1.running_mean"] > 0
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
# Read the figure from left to right. TODO-RESULT

# %% [markdown]
# ## Body and head: what is forgotten
#
# The head is new and has all to learn; the body has something to lose. **Catastrophic forgetting** (McCloskey & Cohen,
# 1989): what a network knew is overwritten by what it learns next, and quickly. To measure it we need a task that the
# network could do before. ImageNet's photographs are not ours to give, so we make a source of our own: a small network
# learns 5,000 handwritten digits, from nothing.

# %%
digits = tlnb.load_data("mnist", size=32, seed=seed)
small = tlnb.create_model("resnet10t", digits, weights="random", crop=1.0, seed=seed)
learn_digits = tlnb.Recipe.preset("scratch", epochs=3, batch_size=64, seed=seed)
source = tlnb.fit(small, digits, learn_digits, device=device, progress=False)
source.metrics["accuracy"]

# %% [markdown]
# Now it shall learn something else: to name what an emoji shows. The head for the digits is put aside and a new one
# put on. Afterwards we put the *old* head on the *new* body, and ask it for digits again. That is `source_scores`.
#
# Batch statistics forget as well, and know no rate, as lesson 3.1 has shown. Here we ask about rates, so every recipe
# keeps the statistics (`fixed_statistics=True`), and only weights move.

# %%
from tlnb.backbones import with_new_head

emoji = tlnb.load_data("emoji", size=32, seed=seed)
per_class = 20 if profile == "quick" else 40
tune = tlnb.Recipe(trainable="all", learning_rate=1e-2, batch_size=16, epochs=6, fixed_statistics=True)
bodies = {
    "body at the head's rate": tune,
    "body at a tenth": tune.with_(rate_ratio=0.1),
    "body at a hundredth": tune.with_(rate_ratio=0.01),
    "layer-wise decay": tune.with_(rate_ratio=0.1, layer_decay=1 / 2.6),
    "body frozen": tune.with_(trainable="head"),
}

# %%
from tlnb.evaluation import Experiment, FitTrial, scored, source_scores


def both_tasks(run, part):
    return {
        "accuracy": scored("accuracy", run.outputs),
        "accuracy: digits": source_scores(source.model, run.model, digits)["accuracy"],
    }


seeds = range(seed, seed + (3 if profile == "quick" else 10))
start = with_new_head(source.model, emoji)
trial = FitTrial(start, emoji, both_tasks, split=lambda all_, seed: all_.resplit(seed=seed, valid=0).few(per_class, seed))
forgetting = Experiment(bodies, trial).run(seeds)
