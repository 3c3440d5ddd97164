"""The rules of a plan, as data. Change a rule here, and docs/time_budget.md with it.

Sources: a third of all crops that show rare classes is nnU-Net's share; weights by the inverse square root of the
frequency are those of docs/losses.md; docs/rare_classes.md shows what both bring. What the loss and aligned
sizes brought is in docs/measurements.md. The moving average, the sizes, the batch and the rates are choices that were
tried in a few jobs, and not compared with others at equal time.
"""

from __future__ import annotations

from fractions import Fraction

from semseg.contract.hyperparameters import CROSS_ENTROPY, LOVASZ

SCALES = (Fraction(1), Fraction(3, 4), Fraction(1, 2), Fraction(3, 8), Fraction(1, 4))  # of the typical long side
CROP_OF_BASE = Fraction(2, 3)  # crops are so much of base_size
CROPS = range(48, 481)  # pixels; GluonCV's own networks were trained with 480
SMALLEST_BASE = 48
EPOCHS_WANTED, STEPS_WANTED = 20, 500  # the largest scale is taken at which so many fit, of both,
NEARLY = Fraction(3, 4)  # or this part of those that fit at the smallest: small crops may cost as much as larger ones
BATCH = 8
OPTIMIZER = "adam"
RATE_FROM_SCRATCH, RATE_FROM_WEIGHTS = 0.001, 0.0003  # of the encoder; heads take ten times that
SCHEDULER = "poly"
LOSS = f"{CROSS_ENTROPY}+{LOVASZ}"
FEW_SAMPLES = 100  # up to which the strong augmentation is planned; docs/time_budget.md has what it brought
EMA_DECAY = 0.99  # of the moving average of the parameters
EMA_STEPS = 500  # the fewest of a job that has it: after so many the first values count less than a hundredth
RARE_SHARE = 0.02  # a class of a smaller share of the labelled pixels is rare
RARE_CLASS_CROPS = 0.33
WARMUP_PART = Fraction(1, 20)  # of the epochs, where the encoder has weights to lose
