package io.manta.samples.classifier;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.commons.lang3.StringUtils;
import org.apache.commons.text.StringEscapeUtils;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The program that makes labelled text of the movie reviews in vaderSentiment's source archive.
///
/// Its rows are number, mean rating from -4 to 4 and text. A rating of at least 0.5 is positive,
/// one of at most -0.5 negative; rows between are left out. In the text HTML entities become their
/// characters and runs of white space one space.
@Command(
    name = "PrepareReviews",
    mixinStandardHelpOptions = true,
    description = "Converts vaderSentiment's movieReviewSnippets_GroundTruth.txt to labelled text.")
final class PrepareReviews implements Callable<Integer> {
  private static final double CLEAR = 0.5;

  @Option(
      names = "--from",
      required = true,
      paramLabel = "FILE",
      description = "movieReviewSnippets_GroundTruth.txt")
  private @Nullable Path from;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "Where the columns label, rating and text go.")
  private @Nullable Path out;

  public static void main(String[] arguments) {
    System.exit(Programs.run(new PrepareReviews(), arguments));
  }

  @Override
  public Integer call() throws IOException {
    if (from == null || out == null) {
      throw new IllegalStateException("--from and --out are required");
    }
    List<String> rows = convert(from);
    Files.writeString(out, "label\trating\ttext\n" + String.join("\n", rows) + "\n");
    System.out.printf("%d rows in %s%n", rows.size(), out);
    return 0;
  }

  private static List<String> convert(Path file) throws IOException {
    List<String> rows = new ArrayList<>();
    int number = 0;
    for (String line : Files.readAllLines(file)) {
      number++;
      try {
        convert(line).ifPresent(rows::add);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(file + ", line " + number + ": " + e.getMessage(), e);
      }
    }
    return rows;
  }

  /// The row for a line; none when its rating is too close to 0.
  static Optional<String> convert(String line) {
    String[] fields = line.split("\t", -1);
    if (fields.length != 3) {
      throw new IllegalArgumentException(
          "has " + fields.length + " columns separated by tabs instead of number, rating, text");
    }
    double rating = rating(fields[1]);
    if (Math.abs(rating) < CLEAR) {
      return Optional.empty();
    }
    Sentiment label = rating > 0 ? Sentiment.POSITIVE : Sentiment.NEGATIVE;
    String text = StringUtils.normalizeSpace(StringEscapeUtils.unescapeHtml4(fields[2]));
    // To the nearest thousandth; halves to the even one, as Python rounds.
    BigDecimal rounded = new BigDecimal(rating).setScale(3, RoundingMode.HALF_EVEN);
    return Optional.of(label.word() + "\t" + rounded.toPlainString() + "\t" + text);
  }

  private static double rating(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("rating '" + text + "' is not a number", e);
    }
  }
}
