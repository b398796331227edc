package io.manta.samples.classifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The programs from file to file, on a handful of sentences.
@Timeout(60)
class ProgramsTest {
  private static final List<String> GOOD =
      List.of("A joy.", "Great fun!", "I loved it.", "Superb acting.", "A delight to watch.");
  private static final List<String> BAD =
      List.of("A bore.", "No fun!", "I hated it.", "Awful acting.", "A pain to watch.");

  @TempDir private Path folder;

  @Test
  void shouldTrainTheSameWeightsEachTimeAndOnlyOnTheTrainingPart() throws IOException {
    Path data = labelledText();
    long training = LabelledText.read(data).stream().filter(this::isTraining).count();

    assertThat(train(data, "first.json")).isZero();
    assertThat(train(data, "second.json")).isZero();

    Path weights = folder.resolve("first.json");
    assertThat(weights).hasSameTextualContentAs(folder.resolve("second.json"));
    var head = new ObjectMapper().readValue(weights.toFile(), LogisticHead.class);
    assertThat(head.provenance().rows()).isEqualTo((int) training).isLessThan(GOOD.size() * 6);
    assertThat(head.provenance().data()).isEqualTo("data.tsv");
  }

  @Test
  void shouldPrintAccuracyOfAllRowsAndOfEachPart() throws IOException {
    var printed = new ByteArrayOutputStream();
    Path data = labelledText();
    List<LabelledText> rows = LabelledText.read(data);

    int code = Evaluate.evaluate(data, new PrintStream(printed, true, StandardCharsets.UTF_8));

    assertThat(code).isZero();
    assertThat(printed.toString(StandardCharsets.UTF_8).lines().skip(2))
        .satisfiesExactly(
            line -> assertThat(line).startsWith("all rows").contains(" " + rows.size() + " "),
            line ->
                assertThat(line)
                    .startsWith("training part")
                    .contains(" " + rows.stream().filter(this::isTraining).count() + " ")
                    .endsWith("%"),
            line -> assertThat(line).startsWith("held-out part").endsWith("%"));
  }

  @Test
  void shouldGiveCodeTwoWhenFileIsMissingOrWrong() throws IOException {
    Path none = folder.resolve("none.tsv");
    Path wrong = Files.writeString(folder.resolve("wrong.tsv"), "so la la\n");

    assertThat(Evaluate.evaluate(none, System.out)).isEqualTo(2);
    assertThat(Evaluate.evaluate(wrong, System.out)).isEqualTo(2);
    assertThat(train(none, "out.json")).isEqualTo(2);
    assertThat(train(wrong, "out.json")).isEqualTo(2);
  }

  @Test
  void shouldConvertReviews() throws IOException {
    Path from =
        Files.writeString(
            folder.resolve("ratings.txt"),
            """
            1\t2.26666666667\tLovely &amp; Amazing    is a joy. \r
            2\t-0.49\tSo so.\r
            4\t0.5\tFair.\r
            3\t-1.8125\tToo tepid.\r
            """);
    Path out = folder.resolve("reviews.tsv");

    int code =
        Programs.run(new PrepareReviews(), "--from", from.toString(), "--out", out.toString());

    assertThat(code).isZero();
    assertThat(out)
        .hasContent(
            """
            label\trating\ttext
            positive\t2.267\tLovely & Amazing is a joy.
            positive\t0.500\tFair.
            negative\t-1.812\tToo tepid.
            """);
    assertThatThrownBy(() -> PrepareReviews.convert("1\tgood\tA joy."))
        .hasMessageContaining("rating 'good' is not a number");
  }

  private int train(Path data, String out) {
    return Programs.run(
        new TrainHead(), "--data", data.toString(), "--out", folder.resolve(out).toString());
  }

  private boolean isTraining(LabelledText row) {
    return row.split() == Split.TRAINING;
  }

  private Path labelledText() throws IOException {
    var rows = new StringBuilder("label\trating\ttext\n");
    for (String who : List.of("Ann", "Bob", "Cho")) {
      GOOD.forEach(text -> rows.append("positive\t2\t").append(who + ": " + text).append('\n'));
      BAD.forEach(text -> rows.append("negative\t-2\t").append(who + ": " + text).append('\n'));
    }
    return Files.writeString(folder.resolve("data.tsv"), rows);
  }
}
