"""tlnb against a loop by hand, fastai, Lightning, skorch and Accelerate: same tensors, weights and batches."""
