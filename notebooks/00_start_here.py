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
#     lesson: "0.0"
#     title: "Start here: what a network sees in a solar cell"
#     minutes: 5
# ---

# %% [markdown]
# # 0.0 Start here: what a network sees in a solar cell
#
# A network has learnt to tell dogs from teapots. Can what it learnt find a crack in a solar cell?
#
# **After this lesson you can** load images, borrow a pre-trained network, measure whether the loan is worth anything,
# and fine-tune it with a recipe of your own.
#
# **Takes** 5 minutes to read; the cells compute for about one minute on a laptop with two cores.
# **Needs** a little Python. Every term is explained where it first appears.
#
# Run the cells from top to bottom with *Shift + Enter*. Guess before you look.
#
# On Binder, the machine goes away after ten minutes in which you do nothing: *File > Download* keeps the notebook, and
# `tlnb progress export mine.json`, in a terminal, what you have passed.

# %% tags=["parameters"]
profile = "quick"  # "full": larger images and more splits, for a GPU or a coffee break
data = "elpv"  # or the path of a folder of your own, one sub-folder for each class
device = "auto"
seed = 0

# %% [markdown]
# ## The images
#
# A current sent through a solar cell makes it glow, and a camera for infrared light sees the glow. Where a cell is
# cracked or cut off, it stays dark. Experts looked at 2,624 such cells and said which are defective.

# %%
import tlnb

images = tlnb.load_data(data, size=128 if profile == "quick" else 224, seed=seed)
assert images.images.shape[1:] in [(1, images.size, images.size), (3, images.size, images.size)]

# %% tags=["nbval-check-output"]
images

# %% [markdown]
# Each image is a tensor of whole numbers from 0 (dark) to 255 (bright), of shape `(channels, height, width)`. They
# are in three parts: from the **training** images we learn, with the **validation** images we choose, and the
# **test** images are kept for one look at the end.
#
# Sixty neighbouring cells come from one solar module and look alike. They stay together in one part: cells of a
# module that we trained on would make an easy test. The library does this by itself for this data set, and this line
# proves it:

# %%
if data == "elpv":
    assert not set(images.train.columns["block"]) & set(images.test.columns["block"])
images.show(12)

# %% [markdown]
# ## What does the network make of them?
#
# Our network is EfficientNet-Lite0 (Tan & Le, 2019), a small **convolutional** network: layer after layer, each
# slides small filters over the output of the one before. It was **pre-trained**: a million photographs of a thousand
# things (ImageNet) set its 4.6 million numbers, the **weights**. Not one of those things was a solar cell.

# %% jupyter={"source_hidden": true}
from tlnb.controls import quiz

quiz(
    "The network must give each solar cell one of its thousand names. Which will it give most often?",
    {
        "solar dish": "It knows that name, but for mirrors under a blue sky. Nothing here looks so.",
        "window shade": "",
        "a different name each time": "Cells look alike: dark lines, bright field. What looks so?",
    },
    correct="window shade",
    why="Thin dark lines across a bright field: a window shade is the nearest thing it knows.",
    name="0.0.1",
)

# %%
import collections

import torch

network = tlnb.create_model("tf_efficientnet_lite0", "imagenet", crop=1.0).eval()
card = tlnb.model_card(network)
with torch.inference_mode():
    logits = network(card.preprocessing.normalise(images.test.images[:50]))
names = [card.classes[i].split(",")[0] for i in logits.argmax(dim=1)]
collections.Counter(names).most_common(5)

# %% [markdown]
# The *names* are useless to us. But a name is only the last step. Before it, the network draws some thousand little
# maps of the image, and those may be useful. Here is the average strength of the maps at four depths, bright where
# the network answers strongly.

# %%
from tlnb.backbones import show_activations
from tlnb.data import decode_image

chosen = [396, 2, 13] if data == "elpv" else [0, 1, 2]
channels = images.images.shape[1]
cells = torch.stack([decode_image(images.files[i], 224, channels=channels) for i in chosen])
show_activations(
    network,
    cells,
    ["stem", "stage2", "stage3", "stage5"],
    titles=[images.classes[images.labels[i]] for i in chosen],
    title="The layers answer to edges, cracks too",
    credit=images.card.attribution,
)

# %% [markdown]
# Look along the second row. You can hardly see the crack in the cell; the third stage draws it as a bright line.
# Nobody taught the network cracks: it learnt **edges** and **textures**, because every photograph has them. That is
# why transfer can work at all. Deeper layers (right) are coarser, and answer to larger parts.
#
# Look for yourself: another cell, another layer, one of its maps. Or cover a part of the image, and watch how the
# names' probabilities answer.

# %% tags=["control"]
from tlnb.controls import FeatureExplorer

FeatureExplorer(network, images, image=cells[1], layer="stage2")

# %% [markdown]
# ## Is it worth anything?
#
# A pretty picture proves nothing. So we measure. Let $f(x)$ be the network's last **features** of an image $x$: 1,280
# numbers, the input of the layer that gives the names. We keep $f$ as it is, and learn only a new last layer on our
# labels:
#
# $$P(\text{defective} \mid x) = \sigma\big(w \cdot f(x) + b\big), \qquad \sigma(z) = \frac{1}{1 + e^{-z}}$$
#
# $w$ holds one weight for each feature, $b$ is a constant, and $\sigma$ turns any number into a probability. This is
# logistic regression; on fixed features it is called a **linear probe**.
#
# We compare three kinds of $f$, each with the same probe on the same splits: the pre-trained network; the same
# architecture with **random weights**, as before any training; and the **pixels** themselves, 32 x 32 of them.

# %% jupyter={"source_hidden": true}
quiz(
    "Which will find defects best, in modules that it has never seen?",
    {
        "the pixels themselves": "Dark areas show in them too. But a crack may be anywhere, at any angle.",
        "the random network": "Random filters answer to something as well. But to what matters?",
        "the pre-trained network": "",
    },
    correct="the pre-trained network",
    why="It comes out ahead. But look: pixels and random filters are not worth nothing.",
    name="0.0.2",
)


# %%
def features_of(weights, seed=0):
    model = tlnb.create_model("tf_efficientnet_lite0", images, weights=weights, crop=1.0, seed=seed)
    return tlnb.extract_features(model, images.images, device=device)  # (N, 1280)


pretrained = features_of("auto")
randoms = [features_of("random", seed=i) for i in range(3)]
pixels = images.pixels(32, 32).flatten(start_dim=1)
pretrained.shape, pixels.shape

# %% [markdown]
# The score is the **AUC**: take a defective and a functional cell at random; how often does the probe find the
# defective one more suspicious? 0.5 is guessing, 1 is perfect. One split can be lucky, so we draw several, and show
# the mean with its **95 % interval**: wide where the splits disagree.

# %% jupyter={"source_hidden": true}
guess = quiz.predict(
    "Set the mark: how well will the probe on the pre-trained network do, on modules that it has never seen?",
    0.5,
    1,
    why="It is read from features that were made for dogs and teapots.",
    name="0.0.3",
)
guess

# %%
from tlnb.evaluation import plot_scores, probe_scores

splits = range(seed, seed + (8 if profile == "quick" else 20))
scores = {
    "pre-trained network": probe_scores(pretrained, images, splits),
    "pixels alone": probe_scores(pixels, images, splits),
    "random network": [probe_scores(randoms[s % 3], images, [s])[0] for s in splits],
}
metric = "AUC" if len(images.classes) == 2 else "accuracy"
best = max(scores, key=lambda name: sum(scores[name]))
plot_scores(scores, f"{metric} on test images ({len(splits)} splits)", f"A probe reads most from the {best}")

# %%
guess.reveal(scores["pre-trained network"])

# %% [markdown]
# Small dots are single splits. They lie far apart, partly because some modules are harder than others; but those are
# hard for all three. So we compare on each split by itself, and look at the **differences**: what all three share
# drops out of them.

# %%
from tlnb.evaluation import paired_interval

for other in ("pixels alone", "random network"):
    gain = paired_interval(scores["pre-trained network"], scores[other])
    verdict = "more than chance" if gain.low > 0 else "may be chance"
    print(f"pre-trained minus {other:<15} {metric} {gain}: {verdict}")

# %% [markdown]
# If the interval lies above zero, the splits agree that borrowing helps. Nothing of the network was trained for this:
# dogs and teapots did it. (Lesson 3.1 onwards tests every claim of the subject so, with a rule that was fixed
# beforehand.)

# %% [markdown]
# ## Fine-tune it
#
# A probe leaves the network as it is. **Fine-tuning** lets a part of it learn as well. A **recipe** says which part,
# and how:

# %%
flips = [("flip", 0.5), ("vertical_flip", 0.5)]
recipe = tlnb.Recipe.preset("last_stage").with_(epochs=2, batch_size=16, augmentation=flips, seed=seed)
model = tlnb.create_model("tf_efficientnet_lite0", images, crop=1.0)
recipe.preview(model)

# %% [markdown]
# The early groups, which know edges, are **frozen**: they do not change. The last stage and the new **head** (the
# layer that gives our classes) learn, the head faster. **Augmentation** flips training images at random, since a cell
# has no top; an **epoch** is one pass over them.

# %%
run = tlnb.fit(model, images, recipe, device=device)
before, after = model.state_dict(), run.model.cpu().state_dict()
assert torch.equal(before["conv_stem.weight"], after["conv_stem.weight"])  # frozen: equal
assert not torch.equal(before["conv_head.weight"], after["conv_head.weight"])  # trained: moved
run

# %% [markdown]
# `train loss` falls: the network fits its images better and better. What counts is the score on images that it did
# not train on. One run is one run: to say which recipe is better takes several, as above. Here is one test image,
# asked by itself:

# %%
one = images.test.indices[3]
print("the experts say:", images.classes[images.labels[one]])
run.predict(images.files[one])

# %% [markdown]
# ## Your turn
#
# Now steer. The **freeze map** shows the network as blocks, from the pixels on the left to the head on the right. Click
# one, and it trains or stands still; the table says what that costs. Below, **start** a training and watch it. Both
# show the same recipe, so you can thaw a block *while* it trains.

# %% tags=["control"]
from tlnb.controls import FreezeMap, SharedRecipe, TrainingMonitor

mine = SharedRecipe(recipe)
FreezeMap(model, mine, images)

# %% [markdown]
# The dotted line is the score of the run above, on the validation images. Can you beat it? And does a second try with
# the same recipe?

# %% tags=["control"]
last = run.history[-1]
baseline = last.valid_accuracy if last.valid_auc is None else last.valid_auc
TrainingMonitor(model, images, mine, baseline=baseline, device=device)

# %% [markdown]
# ## Exercise
#
# Write a recipe that trains the head and one group of the body for exactly three epochs, with the body's rate a tenth
# of the head's. Start from a preset and change a copy with `with_(...)`.

# %%
my_recipe = ...

# %%
from tlnb.course import check

check("0.0.a", my_recipe)

# %% [markdown]
# Stuck? `hint("0.0.a")` gives a hint, `solution("0.0.a")` the answer; both come from `tlnb.course`.

# %% [markdown]
# ## What you saw
#
# - A network that never saw a solar cell draws its cracks, because edges are the same everywhere.
# - Its features, as they are, find defects better than pixels and better than random weights, and the intervals say
#   how sure that is.
# - **What did not hold:** pixels and random features are far from useless, and on single splits the order may turn.
#   While we wrote this lesson we tried three image sizes, and five splits before eight; with five, at two of the sizes,
#   the interval over pixels held zero. A setting chosen after looking flatters. So we tested this one on twenty
#   splits that we had not looked at: +0.081 [0.048, 0.113] over pixels, +0.109 [0.085, 0.132] over random weights.
# - Fine-tuning is a recipe: what is frozen, how fast the rest learns, for how long.
#
# **Your own images:** put them into one folder with a sub-folder for each class, set `data` at the top to its path,
# and run this lesson again.
#
# **Next:** chapter 1 asks what transfer is and what it is for. Lesson 3.1 freezes and thaws layers under a magnifying
# glass. (`tlnb lessons` lists those that your version has.)
#
# ### References
#
# - C. Buerhop-Lutz, S. Deitsch, A. Maier, F. Gallwitz, S. Berger, B. Doll, J. Hauch, C. Camus, C. J. Brabec. *A
#   Benchmark for Visual Identification of Defective Solar Cells in Electroluminescence Imagery.* EU PVSEC, 2018.
# - S. Deitsch, V. Christlein, S. Berger, C. Buerhop-Lutz, A. Maier, F. Gallwitz, C. Riess. *Automatic Classification
#   of Defective Photovoltaic Module Cells in Electroluminescence Images.* Solar Energy 185, 2019.
# - J. Donahue, Y. Jia, O. Vinyals, J. Hoffman, N. Zhang, E. Tzeng, T. Darrell. *DeCAF: A Deep Convolutional
#   Activation Feature for Generic Visual Recognition.* ICML, 2014.
# - G. Alain, Y. Bengio. *Understanding intermediate layers using linear classifier probes.* ICLR workshop, 2017.
# - M. Tan, Q. V. Le. *EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks.* ICML, 2019.
