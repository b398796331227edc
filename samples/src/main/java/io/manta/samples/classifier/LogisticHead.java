package io.manta.samples.classifier;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// A logistic regression on the vectors of [SentenceEncoder]: the probability that a sentence is
/// positive is the logistic function of the bias plus the weighted sum of the vector.
///
/// @param provenance where the numbers come from
/// @param weights one for each dimension of the encoder
record LogisticHead(Provenance provenance, double bias, List<Double> weights) {
  /// How a head came about.
  ///
  /// @param encoder what made the vectors
  /// @param data name of the file with the texts
  /// @param dataSha256 SHA-256 of that file, in hexadecimal
  /// @param rows how many of its rows the head was fitted to
  /// @param split how those rows were chosen
  /// @param l2 weight of the penalty on the squares
  /// @param crossValidatedAccuracy mean share of right answers in five-fold cross-validation within
  ///   those rows
  record Provenance(
      String encoder,
      String data,
      String dataSha256,
      int rows,
      String split,
      double l2,
      double crossValidatedAccuracy) {}

  private static final String SHIPPED = "head.json";
  private static final ObjectMapper JSON = new ObjectMapper();

  LogisticHead {
    weights = List.copyOf(weights);
    if (weights.size() != SentenceEncoder.DIMENSIONS) {
      throw new IllegalArgumentException(
          "weights has "
              + weights.size()
              + " numbers but the encoder's vectors have "
              + SentenceEncoder.DIMENSIONS);
    }
  }

  /// The head that comes with the sample.
  static LogisticHead shipped() {
    try (InputStream json = LogisticHead.class.getResourceAsStream(SHIPPED)) {
      if (json == null) {
        throw new FileNotFoundException(SHIPPED + " is not beside " + LogisticHead.class.getName());
      }
      return JSON.readValue(json, LogisticHead.class);
    } catch (IOException e) {
      throw new UncheckedIOException("the classifier's weights did not load", e);
    }
  }

  /// Writes this as JSON.
  void write(Path file) throws IOException {
    DefaultIndenter lines = new DefaultIndenter("  ", "\n");
    var printer = new DefaultPrettyPrinter().withObjectIndenter(lines).withArrayIndenter(lines);
    Files.writeString(file, JSON.writer(printer).writeValueAsString(this) + "\n");
  }

  /// @param vector made by [SentenceEncoder]
  Prediction predict(float[] vector) {
    if (vector.length != weights.size()) {
      throw new IllegalArgumentException(
          "vector has " + vector.length + " floats but must have " + weights.size());
    }
    double sum = bias;
    for (int i = 0; i < vector.length; i++) {
      sum += weights.get(i) * vector[i];
    }
    double positive = 1 / (1 + Math.exp(-sum));
    return positive >= 0.5
        ? new Prediction(Sentiment.POSITIVE.word(), positive)
        : new Prediction(Sentiment.NEGATIVE.word(), 1 - positive);
  }
}
