"""What people call hyperparameters elsewhere, and what they are called here."""

from __future__ import annotations

from collections.abc import Mapping

MEANT: Mapping[str, str] = {
    **dict.fromkeys(("lr", "base_lr", "initial_lr", "max_lr", "eta", "learningrate"), "learning_rate"),
    **dict.fromkeys(("bs", "batch", "batch_size", "batchsize", "train_batch_size", "per_device_train_batch_size"),
                    "mini_batch_size"),
    **dict.fromkeys(
        ("val_bs", "val_batch_size", "valid_batch_size", "validation_batch_size", "eval_batch_size", "test_batch_size"),
        "validation_mini_batch_size",
    ),
    **dict.fromkeys(
        ("classes", "n_classes", "nclass", "nclasses", "nb_classes", "num_class", "number_of_classes", "num_labels"),
        "num_classes",
    ),
    **dict.fromkeys(
        ("samples", "n_samples", "num_samples", "num_train", "n_train", "train_samples", "num_train_samples",
         "num_training_images", "training_samples"),
        "num_training_samples",
    ),
    **dict.fromkeys(("epoch", "n_epochs", "nb_epochs", "num_epochs", "num_train_epochs", "max_epochs"), "epochs"),
    **dict.fromkeys(("wd", "decay", "l2", "weightdecay"), "weight_decay"),
    **dict.fromkeys(("encoder", "encoder_name", "base_network", "base_model", "resnet"), "backbone"),
    **dict.fromkeys(("arch", "architecture", "algo", "decoder", "head", "model", "model_name", "net", "network"),
                    "algorithm"),
    **dict.fromkeys(("pretrained", "use_pretrained", "encoder_weights", "imagenet", "from_scratch"),
                    "use_pretrained_model"),
    **dict.fromkeys(("crop", "patch_size", "tile_size", "crop_width", "crop_height"), "crop_size"),
    **dict.fromkeys(("size", "img_size", "imgsz", "image_size", "input_size", "image_shape", "resize", "resolution"),
                    "base_size"),
    **dict.fromkeys(("patience", "es_patience"), "early_stopping_patience"),
    **dict.fromkeys(("min_epochs",), "early_stopping_min_epochs"),
    **dict.fromkeys(("tolerance", "min_delta", "tol"), "early_stopping_tolerance"),
    **dict.fromkeys(("early_stop", "earlystopping"), "early_stopping"),
    **dict.fromkeys(("opt", "optim"), "optimizer"),
    **dict.fromkeys(("scheduler", "schedule", "sched", "lr_schedule", "lr_policy", "lr_mode"), "lr_scheduler"),
    **dict.fromkeys(("steps", "milestones", "lr_steps", "lr_step", "step_size", "lr_decay_epoch"), "lr_scheduler_step"),
    **dict.fromkeys(("factor", "lr_factor", "lr_gamma", "lr_decay"), "lr_scheduler_factor"),
    **dict.fromkeys(("beta1", "beta_1", "rho"), "gamma1"),
    **dict.fromkeys(("beta2", "beta_2"), "gamma2"),
    **dict.fromkeys(("mom", "beta"), "momentum"),
    **dict.fromkeys(("sync_bn", "syncbatchnorm", "sync_batchnorm"), "syncbn"),
    **dict.fromkeys(("dtype", "precision", "fp16", "bf16", "amp", "mixed_precision", "half"), "precision_dtype"),
    **dict.fromkeys(("num_workers", "n_workers", "workers", "threads", "num_threads"), "_workers"),
    **dict.fromkeys(("aux", "aux_loss", "auxiliary_loss", "deep_supervision"), "_aux_loss"),
    **dict.fromkeys(("aux_weight", "aux_loss_weight"), "_aux_weight"),
    **dict.fromkeys(("log_interval", "log_every", "log_freq", "logging_frequency", "logging_steps"),
                    "_logging_frequency"),
    **dict.fromkeys(("random_seed", "random_state", "manual_seed"), "seed"),
    **dict.fromkeys(("weights", "checkpoint", "init_weights"), "pretrained_weights"),
    **dict.fromkeys(("framework", "backend"), "engine"),
}  # fmt: skip


def meant_by(name: str) -> str | None:
    """Returns the hyperparameter that people mean by a name from elsewhere; None where it is none that is known."""
    return MEANT.get(name.lower().replace("-", "_"))
