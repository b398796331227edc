package io.manta.samples.classifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelledTextTest {
  private static final LabelledText GOOD = new LabelledText(Sentiment.POSITIVE, "Good.");
  private static final LabelledText BAD = new LabelledText(Sentiment.NEGATIVE, "Bad.");

  @TempDir private Path folder;

  @Test
  void shouldReadRowsBelowHeader() throws IOException {
    assertThat(read("label\trating\ttext\npositive\t2.5\tGood.\n\nnegative\t-1\tBad.\n"))
        .containsExactly(GOOD, BAD);
  }

  @Test
  void shouldReadRowsWhenThereIsNoHeader() throws IOException {
    assertThat(read("positive\t2.5\tGood.\nnegative\t-1\tBad.")).containsExactly(GOOD, BAD);
    assertThat(read("Positive\tGood.\nnegative\tBad.")).containsExactly(GOOD, BAD);
  }

  @Test
  void shouldFollowHeaderWhenColumnsAreInAnotherOrder() throws IOException {
    assertThat(read("\uFEFFText\tsource\tLabel\r\nGood.\tme\tpositive\r\n")).containsExactly(GOOD);
  }

  @Test
  void shouldNameTheLineWhenRowCannotBeRead() {
    assertFails("label\trating\ttext\npositive\t1\tGood.\nfine\t1\tFine.", "line 3", "'fine'");
    assertFails("positive\t1\tGood.\npositive\tGood.", "line 2", "2 columns", "instead of 3");
    assertFails("positive\t1\tGood.\n\nnegative\t1\t ", "line 3", "text is empty");
    assertFails("positive, Good.", "line 1", "1 columns separated by tabs");
  }

  @Test
  void shouldSayThatThereAreNoRows() {
    assertFails("", "has no rows");
    assertFails("label\ttext\n", "has no rows");
  }

  @Test
  void shouldSayThatFileIsNotText() throws IOException {
    Path file = folder.resolve("latin1.tsv");
    Files.write(file, "positive\t1\tdéjà vu".getBytes(StandardCharsets.ISO_8859_1));

    assertThatThrownBy(() -> LabelledText.read(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("latin1.tsv")
        .hasMessageContaining("not UTF-8");
  }

  @Test
  void shouldSayThatFileIsMissing() {
    assertThatThrownBy(() -> LabelledText.read(folder.resolve("none.tsv")))
        .isInstanceOf(NoSuchFileException.class);
  }

  private void assertFails(String content, String... words) {
    assertThatThrownBy(() -> read(content))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("data.tsv")
        .hasMessageContainingAll(words);
  }

  private List<LabelledText> read(String content) throws IOException {
    return LabelledText.read(Files.writeString(folder.resolve("data.tsv"), content));
  }
}
