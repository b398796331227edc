package io.manta.samples.classifier;

import io.manta.samples.classifier.LogisticHead.Provenance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The program that makes the classifier's weights from labelled text. It reads the whole file and
/// uses only the rows of [Split#TRAINING]; the others are not even encoded.
@Command(
    name = "TrainHead",
    mixinStandardHelpOptions = true,
    description = "Fits the text classifier's weights to the training part of labelled text.")
final class TrainHead implements Callable<Integer> {
  private static final int FOLDS = 5;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "FILE",
      description = "Columns label, rating and text, separated by tabs.")
  private @Nullable Path data;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "Where the weights go, as JSON.")
  private @Nullable Path out;

  @Option(
      names = "--l2",
      defaultValue = "0.0003",
      description =
          "Weight of the penalty on large weights (default: ${DEFAULT-VALUE}, which did best in"
              + " cross-validation within the training part).")
  private double l2;

  public static void main(String[] arguments) {
    System.exit(Programs.run(new TrainHead(), arguments));
  }

  @Override
  public Integer call() throws IOException {
    if (data == null || out == null) {
      throw new IllegalStateException("--data and --out are required");
    }
    if (!(l2 > 0)) {
      throw new IllegalArgumentException("--l2 is " + l2 + " but must be above 0");
    }
    List<LabelledText> rows =
        LabelledText.read(data).stream().filter(row -> row.split() == Split.TRAINING).toList();
    if (rows.size() < FOLDS) {
      throw new IllegalArgumentException(
          data + " has only " + rows.size() + " rows to train on; give at least some hundreds");
    }
    var texts = EncodedTexts.encode(rows, System.err);
    double accuracy = crossValidatedAccuracy(texts, l2);
    head(data, texts, accuracy).write(out);
    System.out.printf(
        Locale.ROOT,
        "%d rows, %.2f %% right in five-fold cross-validation within them; weights in %s%n",
        rows.size(),
        100 * accuracy,
        out);
    return 0;
  }

  private LogisticHead head(Path file, EncodedTexts texts, double accuracy) throws IOException {
    var fitted = fit(texts, IntStream.range(0, texts.size()).toArray(), l2);
    List<Double> weights = new ArrayList<>();
    for (int i = 0; i < SentenceEncoder.DIMENSIONS; i++) {
      weights.add(rounded(fitted.weight(i)));
    }
    var provenance =
        new Provenance(
            SentenceEncoder.DESCRIPTION,
            String.valueOf(file.getFileName()),
            HexFormat.of().formatHex(Split.sha256().digest(Files.readAllBytes(file))),
            texts.size(),
            "rows whose text has a SHA-256 that modulo 100 is below 80",
            l2,
            rounded(accuracy));
    return new LogisticHead(provenance, rounded(fitted.bias()), weights);
  }

  /// Row `i` belongs to fold `i` modulo the number of folds.
  static double crossValidatedAccuracy(EncodedTexts texts, double l2) {
    int right = 0;
    for (int fold = 0; fold < FOLDS; fold++) {
      int left = fold;
      var fitted =
          fit(texts, IntStream.range(0, texts.size()).filter(r -> r % FOLDS != left).toArray(), l2);
      for (int row = fold; row < texts.size(); row += FOLDS) {
        boolean positive = texts.text(row).label() == Sentiment.POSITIVE;
        right += fitted.isPositive(texts.vector(row)) == positive ? 1 : 0;
      }
    }
    return (double) right / texts.size();
  }

  private static LogisticRegression fit(EncodedTexts texts, int[] rows, double l2) {
    float[][] vectors = new float[rows.length][];
    boolean[] positive = new boolean[rows.length];
    for (int i = 0; i < rows.length; i++) {
      vectors[i] = texts.vector(rows[i]);
      positive[i] = texts.text(rows[i]).label() == Sentiment.POSITIVE;
    }
    return LogisticRegression.fit(vectors, positive, l2);
  }

  private static double rounded(double value) {
    return Math.round(value * 1e5) / 1e5;
  }
}
