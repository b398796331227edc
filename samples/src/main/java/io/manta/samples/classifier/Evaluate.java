package io.manta.samples.classifier;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/// Measures the classifier on labelled text.
public final class Evaluate {
  private Evaluate() {}

  /// Classifies every row of a file with the shipped weights and prints how many answers are right:
  /// of all rows, of the part that training uses and of the part that it never sees. Progress and
  /// errors go to standard error.
  ///
  /// @param file columns `label`, `rating` and `text`, separated by tabs
  /// @return 0, or 2 when the file cannot be read
  public static int evaluate(Path file, PrintStream out) {
    try {
      var texts = EncodedTexts.encode(LabelledText.read(file), System.err);
      report(file, texts, LogisticHead.shipped(), out);
      return 0;
    } catch (NoSuchFileException e) {
      System.err.println("There is no file " + file);
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
    } catch (IOException e) {
      System.err.println("Cannot read " + file + ": " + e);
    }
    return 2;
  }

  static void report(Path file, EncodedTexts texts, LogisticHead head, PrintStream out) {
    Map<Split, Score> scores = new EnumMap<>(Split.class);
    Score all = Score.NONE;
    for (int row = 0; row < texts.size(); row++) {
      LabelledText text = texts.text(row);
      String prediction = head.predict(texts.vector(row)).prediction();
      Score score = Score.of(prediction.equals(text.label().word()));
      all = all.plus(score);
      scores.merge(text.split(), score, Score::plus);
    }
    out.printf("%s%n", file);
    out.printf("%-30s %7s %7s %9s%n", "", "rows", "right", "accuracy");
    print(out, "all rows", all);
    print(out, "training part (80 % by hash)", scores.getOrDefault(Split.TRAINING, Score.NONE));
    print(out, "held-out part (20 % by hash)", scores.getOrDefault(Split.HELD_OUT, Score.NONE));
  }

  private static void print(PrintStream out, String name, Score score) {
    out.printf(
        Locale.ROOT,
        "%-30s %7d %7d %9s%n",
        name,
        score.rows,
        score.right,
        score.rows == 0
            ? "-"
            : String.format(Locale.ROOT, "%.2f %%", 100.0 * score.right / score.rows));
  }

  private record Score(int rows, int right) {
    static final Score NONE = new Score(0, 0);

    static Score of(boolean right) {
      return new Score(1, right ? 1 : 0);
    }

    Score plus(Score other) {
      return new Score(rows + other.rows, right + other.right);
    }
  }
}
