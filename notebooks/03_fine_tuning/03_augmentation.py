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
#     lesson: "3.3"
#     title: "Data augmentation for fine-tuning"
#     minutes: 30
# ---

# %% [markdown]
# # 3.3 Data augmentation for fine-tuning
#
# Few images are the rule where fine-tuning is used. **Augmentation** makes more of them: each time an image is shown,
# it is changed a little at random, in ways that leave its label alone. It costs nothing but time, and everybody does
# it. Which change helps against what is asked less often.
#
# **After this lesson you can** choose augmentations by what they should make a network indifferent to; avoid the two
# mistakes that spoil them; read off a grid which of them helps on which kind of test image; and say what mixup does to
# a network's confidence.
#
# **Takes** 30 minutes to read; the cells compute for about one minute on two cores.
#
# **Read before:** [3.1 Freezing and unfreezing layers](01_freezing.ipynb) and
# [3.2 Learning-rate strategies](02_learning_rates.ipynb), for *recipe*, *head* and how a claim is judged.

# %% tags=["parameters"]
profile = "quick"  # "full": larger images, more of them, ten seeds; for a GPU or an hour
data = "elpv"  # or the path of a folder of your own, one sub-folder for each class
device = "auto"
seed = 0

# %%
import tlnb
from tlnb.evaluation import open_ledger

claim = open_ledger("3.3", profile=profile, data=data, device=device, seed=seed)
images = tlnb.load_data(data, size=64 if profile == "quick" else 96, seed=seed)
network = tlnb.create_model("tf_efficientnet_lite0", images, crop=1.0, seed=seed)
metric = "auc" if len(images.classes) == 2 else "accuracy"

# %% [markdown]
# ## More images out of few
#
# Training looks for weights $w$ that make the mean loss over the training images small. With augmentation it is the
# mean over images *and* over a random change $t$:
#
# $$\min_w \; \frac{1}{n} \sum_i \; \mathbb{E}_{t} \, L\big(f_w(t(x_i)),\, y_i\big)$$
#
# The label $y_i$ stays. So each augmentation is a statement about the world: "after this change it is still the same
# thing". Here are some, at three strengths, on an image of each of two classes.

# %%
from tlnb.data.augmentation import show_strengths

shown = ["random_resized_crop", "flip", "colour_jitter", "erasing", "sensor_noise", "mixup", "cutmix"]
one_each = [int((images.train.labels == label).nonzero()[0]) for label in (0, 1)]
show_strengths(images.train.images[one_each], shown, seed=3, credit=images.card.attribution)

# %% jupyter={"source_hidden": true}
from tlnb.controls import quiz

quiz(
    "A cell is defective because of one dark crack near its edge. Which change may make its label wrong?",
    {
        "Mirroring it": "A crack on the left is as bad as one on the right.",
        "Cutting out a small part and enlarging it": "",
        "Making it brighter": "The crack is still darker than what is around it.",
    },
    correct="Cutting out a small part and enlarging it",
    why="The part may lie beside the crack: then a whole cell is shown and called defective. Strength is a decision.",
    name="3.3.0",
)

# %% [markdown]
# ### Two ways to spoil it
#
# **One draw for all.** Many transforms draw once per *call*. Called with a batch, they change all its images alike, and
# an epoch of ten batches sees ten changes instead of hundreds. torchvision's flip is one of them:

# %%
import torch
from torchvision.transforms import v2

some = torch.linspace(0, len(images.train) - 1, 16).long()  # of all classes, however the images are ordered
batch, batch_labels = images.train.images[some], images.train.labels[some]
at_once = v2.RandomHorizontalFlip(p=0.5)
torch.manual_seed(seed)
flipped = [bool((at_once(batch) != batch).any()) for _ in range(8)]
assert any(flipped) and not all(flipped)

# %%
from tlnb.data.augmentation import Augmenter

each = Augmenter([("flip", 0.5)], size=batch.shape[-1], classes=len(images.classes))
once, _ = each(batch, batch_labels, seed=seed, epoch=0, rows=torch.arange(16))
mirrored = [not torch.equal(new, old) for new, old in zip(once, batch, strict=True)]
assert 0 < sum(mirrored) < 16
f"{sum(mirrored)} of 16 mirrored"

# %% [markdown]
# In `tlnb` each image has a draw of its own, from the recipe's seed, the epoch and the image: so equal seeds give equal
# pixels, whatever the size of the batch.
#
# **Changing what is tested.** The second mistake is to hand the training transform to the test images as well. Then the
# score depends on luck, and is lower than it should be. We tune a head and score the same test images five times:

# %%
from tlnb.core.metrics import classification_metrics

head = tlnb.fit(network, images, tlnb.Recipe.preset("probe", epochs=3, seed=seed), device=device, progress=False)
steps = [("random_resized_crop", 1.0), ("colour_jitter", 1.0)]
harsh = Augmenter(steps, size=images.size, classes=len(images.classes))
test, labels = images.test.images, images.test.labels
normalise = tlnb.model_card(network).preprocessing.normalise
place = next(head.model.parameters()).device


def score(pixels):
    with torch.inference_mode():
        logits = [head.model(normalise(some).to(place)) for some in pixels.split(64)]
    return classification_metrics(labels, torch.cat(logits).cpu())[metric]


# %%
changed = [harsh(test, labels, seed=draw, epoch=0, rows=torch.arange(len(test)))[0] for draw in range(5)]
spoilt = [score(pixels) for pixels in changed]
assert max(spoilt) < score(test) and len(set(spoilt)) > 1
print(f"as they are: {score(test):.3f}   changed at random: {min(spoilt):.3f} to {max(spoilt):.3f}")

# %% [markdown]
# `tlnb.fit` never augments validation or test images, and no option makes it.

# %% [markdown]
# ## Eight recipes, six kinds of test image
#
# Now the experiment. Eight recipes tune head and last stage on the same few images; only their augmentation differs.

# %%
base = tlnb.Recipe(trainable=1, learning_rate=3e-3, rate_ratio=1 / 3, batch_size=16, fixed_statistics=True)
base = base.with_(epochs=6 if profile == "quick" else 12)
augmented = {
    "none": [],
    "crops and flips": [("random_resized_crop", 0.3), ("flip", 0.5), ("vertical_flip", 0.5)],
    "colour jitter": [("colour_jitter", 0.6)],
    "mixup": [("mixup", 0.3)],
    "CutMix": [("cutmix", 1.0)],
    "random erasing": [("erasing", 0.7)],
    "TrivialAugment": [("trivial_augment", 1.0)],
    "a camera's faults": [("sensor_noise", 0.6), ("blur", 0.5), ("intensity", 0.5)],
}

# %% [markdown]
# Each network is tested on images as they are, and on images that are worse in five ways. No recipe has seen these: a
# corruption of the test is not the training's augmentation, though it may be akin to it.

# %%
from tlnb.data.augmentation import show_corruptions

worse = {
    "other light": [("brightness", 3), ("contrast", 2)],
    "occluded": [("occlusion", 4)],
    "noise": [("gaussian_noise", 2)],
    "blur": [("defocus_blur", 3)],
}
names = [name for kinds in worse.values() for name, _ in kinds]
show_corruptions(images.test.images[:1], names, credit=images.card.attribution)

# %%
from statistics import mean

from tlnb.core.metrics import calibration_error
from tlnb.evaluation import Experiment, scored

per_class = min(48 if profile == "quick" else 100, *images.resplit(valid=0).train.per_class.values())


def trial(steps, seed):
    part = images.resplit(seed=seed, valid=0, test=0.1 if profile == "quick" else 0.15).few(per_class, seed=seed)
    run = tlnb.fit(network, part, base.with_(augmentation=steps, seed=seed), device=device, progress=False)
    found = {metric: scored(metric, run.outputs), **kinds_of_test(run, part)}
    found["calibration_error"] = calibration_error(run.outputs.labels, run.outputs.logits)
    gap = abs(run.metrics["loss"] - run.evaluate(part, "train")["loss"])
    return {**found, "distance: test loss from training loss": gap}


# %%
def kinds_of_test(run, part):
    def under(kinds):
        return mean(run.evaluate(part, "test", corruption=kind)[metric] for kind in kinds)

    return {f"{metric}: {name}": under(kinds) for name, kinds in worse.items()}


evidence = Experiment(augmented, trial).run(range(seed, seed + (3 if profile == "quick" else 10)))

# %% jupyter={"source_hidden": true}
quiz(
    "Which augmentation will help most on test images of which a third is covered?",
    {
        "Random erasing: it covers parts of training images": "",
        "Crops: they show parts as well": "They do, enlarged and without a hole. The grid will tell.",
        "None: what is covered cannot be seen": "What is left can. The question is whether the hole itself misleads.",
    },
    correct="Random erasing: it covers parts of training images",
    why="At least that is what one would expect: it is the one that is nearest to the fault. Look at its row.",
    name="3.3.4",
)

# %%
from tlnb.evaluation import plot_differences

columns = {metric: "as they are", **{f"{metric}: {name}": name for name in worse}}
rows = [name for name in augmented if name != "none"]
label = "AUC" if metric == "auc" else metric
plot_differences(evidence, columns, rows, "none", f"{label} gained over no augmentation, by kind of test image")

# %% [markdown]
# Bold numbers are those whose interval leaves out zero; with three seeds, many of the others are luck. So here is what
# the record's grid says, with ten seeds and twice as many images. In the first column, **nothing**: on images as they
# are, no augmentation gains anything. In the others, gains lie where one would look for them: jitter under other light
# (+0.02), erasing on covered images (+0.05), a camera's faults under noise (+0.08) and blur (+0.03). An augmentation is
# no vitamin. It makes a network indifferent to one kind of change, and pays where that change occurs.

# %% [markdown]
# ## Crops and flips
#
# A network **overfits** when it does better on what it has seen than on what it has not: the gap between both losses
# tells how much. Crops and flips make it harder to know an image by heart.

# %%
claim("3.3.1", evidence)

# %% [markdown]
# **Half of it holds.** In the record the gap between the losses is halved (by 54 %, from 25 to 82 %): the network knows
# its images less by heart. But it does not recognise more of the others: the AUC is 0.02 *lower* (from -0.04 to 0.005).
# Two hundred cells, seen twelve times, by a last stage and a head: there was little to overfit with, and a crop takes
# away what makes a cell defective. Less overfitting is no aim in itself.

# %% [markdown]
# ## Light
#
# Lamps age, cameras choose their exposure. **Colour jitter** changes brightness, contrast, saturation and hue by random
# amounts; on grey images the first two count.

# %%
claim("3.3.2", evidence)

# %% [markdown]
# In the record +0.02, from 0.007 to 0.034: better in all likelihood, and too little to be sure that it is more than the
# hundredth that counts. What it costs on images as they are is about as much as it gains.

# %% [markdown]
# ## Mixup, and how sure a network is
#
# **Mixup** (Zhang et al., 2018) blends two images, and their labels in the same shares:
#
# $$\tilde x = \lambda x_i + (1 - \lambda) x_j, \qquad \tilde y = \lambda y_i + (1 - \lambda) y_j, \qquad
# \lambda \sim \mathrm{Beta}(\alpha, \alpha)$$
#
# Nobody has seen such a cell. The point is what it does to the answer between two images: it shall go over evenly.
# **CutMix** (Yun et al., 2019) pastes a part of the other image instead.

# %%
mixing = Augmenter([("mixup", 1.0)], size=images.size, classes=len(images.classes))
pixels, soft = mixing(batch, batch_labels, seed=seed, epoch=0, rows=torch.arange(16))
assert torch.allclose(soft.sum(1), torch.ones(16)) and ((soft > 0) & (soft < 1)).any()
soft[:4].round(decimals=2)

# %% [markdown]
# A classifier is **calibrated** if it is right in 80 % of the cases in which it is 80 % sure. The **calibration error**
# (Guo et al., 2017) is the mean distance between the two. Networks that were trained to the end on few images are too
# sure. Labels that are never quite 1 should cure that.

# %%
evidence.plot("calibration_error", "How far confidence lies from accuracy")

# %%
claim("3.3.3", evidence)

# %% [markdown]
# **For the score there is nothing to see** (-0.002, from -0.014 to 0.011, in the record). For calibration it is likely:
# mixup has the smallest error of all eight, 0.08 against 0.13, and the interval of the difference goes from 0.007 to
# 0.084.
# Each single error is uncertain, since it is counted in bins of some two dozen images.

# %% [markdown]
# ## Something in front
#
# **Random erasing** (Zhong et al., 2020) covers a rectangle of a training image. A network that relied on one spot has
# to look elsewhere.

# %%
claim("3.3.4", evidence)

# %% [markdown]
# In the record: on covered images +0.05 (from 0.016 to 0.081), which holds; on images as they are -0.001 (from -0.017
# up to 0.014), which is nothing either way. "Improves generalisation" is true of the holes that it has practised.

# %% [markdown]
# ## The target's own faults
#
# General augmentations know nothing of your camera. A **domain-specific** one imitates what it really does wrong: noise
# of the sensor, blur of the lens, another intensity of the light source.

# %%
claim("3.3.5", evidence)

# %% [markdown]
# In the record: under noise +0.08 (from 0.03 to 0.13), which holds; under blur +0.03 (from 0.006 to 0.054), which is
# not quite enough to decide. And it costs nothing on clean images. Of all eight, this is the augmentation that pays
# most, for it is the one that imitates what really goes wrong in the test.
#
# With three seeds, yours may look worse on clean images. That is one reason for a record.

# %% [markdown]
# ## By your own hand
#
# Twelve training images as training would see them. Each keeps its draw, so that what you drag is all that changes. Add
# a step, pull its strength up, and ask where the label stops being true. The numbers say how sure the probe from above
# still is of each image.

# %% tags=["control"]
from tlnb.controls import AugmentationPreview, SharedRecipe, TrainingMonitor

few_images = images.few(min(24, *images.train.per_class.values()), seed=seed)
mine = SharedRecipe(base.with_(epochs=3, augmentation=augmented["crops and flips"]))
preview = AugmentationPreview(head, mine, few_images)
preview

# %% [markdown]
# Train with it, and compare on the validation images. Once a run has ended, the numbers under the images above say how
# sure the trained network is of them. Try another seed before you believe a difference.

# %% tags=["control"]
monitor = TrainingMonitor(network, few_images, mine, device=device)
monitor.on_end(preview.judge_by)
monitor

# %% [markdown]
# ## Exercises
#
# **a.** Write `mix(images, labels, share)`: blend each image of a batch with its partner, which is at the same place
# from the end (the first with the last, and so on). `share` is the partner's share, the rest is the image's own. Return
# the images and the labels, `(N, 2)`, blended in the same shares; there are two classes.


# %%
def mix(images, labels, share): ...


# %%
from tlnb.course import check

check("3.3.a", mix)

# %% [markdown]
# **b.** Write `erase(images, side)` for a batch of floats, `(N, C, H, W)`: cover a square of `side` pixels with grey
# (0.5) in each image, at a place drawn for each. The square lies wholly inside, and the batch that is given stays as it
# is.


# %%
def erase(images, side): ...


# %%
check("3.3.b", erase)

# %% [markdown]
# Stuck? `hint("3.3.a")` helps, `solution("3.3.a")` tells; both come from `tlnb.course`.

# %% [markdown]
# ## What you saw

# %%
claim.summary()

# %% [markdown]
# - An augmentation is a statement: after this change it is the same thing. Strength decides whether it is true.
# - Each image needs a draw of its own, and test images none.
# - Each augmentation helped against its own kind of fault, and little against others.
# - Mixup made confidence more honest, in all likelihood, and the score no better.
# - **What did not hold:** that crops and flips help here. They halve the gap between training and test, and the score
#   does not rise. On images as they are, none of the eight beats none: what the test images do not suffer from need not
#   be practised. With more of the network free, and for more epochs, that may change: chapter 6 tries it.
#
# `tlnb.course.progress()` shows what you have passed so far.
#
# **Next:** chapter 4 asks what to do when the images themselves come from another world.
#
# ### References
#
# - H. Zhang, M. Cisse, Y. N. Dauphin, D. Lopez-Paz. *mixup: Beyond Empirical Risk Minimization.* ICLR, 2018.
# - S. Yun, D. Han, S. J. Oh, S. Chun, J. Choe, Y. Yoo. *CutMix: Regularization Strategy to Train Strong Classifiers
#   with Localizable Features.* ICCV, 2019.
# - Z. Zhong, L. Zheng, G. Kang, S. Li, Y. Yang. *Random Erasing Data Augmentation.* AAAI, 2020.
# - S. G. Müller, F. Hutter. *TrivialAugment: Tuning-free Yet State-of-the-Art Data Augmentation.* ICCV, 2021.
# - D. Hendrycks, T. Dietterich. *Benchmarking Neural Network Robustness to Common Corruptions and Perturbations.*
#   ICLR, 2019.
# - C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger. *On Calibration of Modern Neural Networks.* ICML, 2017.
# - C. Buerhop-Lutz, S. Deitsch, A. Maier, F. Gallwitz, S. Berger, B. Doll, J. Hauch, C. Camus, C. J. Brabec. *A
#   Benchmark for Visual Identification of Defective Solar Cells in Electroluminescence Imagery.* EU PVSEC, 2018.
