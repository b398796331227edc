package io.manta.samples.classifier;

/// The classifier's answer.
///
/// @param prediction `positive` or `negative`
/// @param confidence how probable the prediction is by the model, from 0.5 to 1
public record Prediction(String prediction, double confidence) {}
