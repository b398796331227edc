package io.manta.samples.classifier;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// A sentence and what a human made of it.
record LabelledText(Sentiment label, String text) {
  Split split() {
    return Split.of(text);
  }

  /// Reads rows of UTF-8 text, their columns separated by tabs.
  ///
  /// Where the first line names the columns, the ones called `label` and `text` count, in any
  /// order. Otherwise the first column is the label and the last of two or three is the text: both
  /// `label, text` and `label, rating, text` are read. A label is `positive` or `negative`. Empty
  /// lines are skipped.
  ///
  /// @throws IllegalArgumentException with the file and line, when a row cannot be read or there is
  ///   none
  static List<LabelledText> read(Path file) throws IOException {
    List<LabelledText> rows = new ArrayList<>();
    Optional<Columns> columns = Optional.empty();
    int number = 0;
    try (BufferedReader reader = Files.newBufferedReader(file)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        number++;
        String content = number == 1 && line.startsWith("\uFEFF") ? line.substring(1) : line;
        if (content.isBlank()) {
          continue;
        }
        String[] fields = content.split("\t", -1);
        if (columns.isEmpty()) {
          Optional<Columns> header = Columns.named(fields);
          columns = header.or(() -> Optional.of(Columns.unnamed(fields.length)));
          if (header.isPresent()) {
            continue;
          }
        }
        rows.add(columns.get().row(fields));
      }
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(
          file + " is not UTF-8 text, somewhere after line " + number + ": convert it first", e);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          file + ", line " + Math.max(1, number) + ": " + e.getMessage(), e);
    }
    if (rows.isEmpty()) {
      throw new IllegalArgumentException(
          file + " has no rows: each is a label, a tab, a rating, a tab and the text");
    }
    return List.copyOf(rows);
  }

  /// Where in a row the label and the text stand, and how many columns a row has.
  private record Columns(int label, int text, int count) {
    static Optional<Columns> named(String[] fields) {
      List<String> names = new ArrayList<>();
      for (String field : fields) {
        names.add(field.strip().toLowerCase(Locale.ROOT));
      }
      return names.contains("label") && names.contains("text")
          ? Optional.of(new Columns(names.indexOf("label"), names.indexOf("text"), fields.length))
          : Optional.empty();
    }

    static Columns unnamed(int count) {
      if (count < 2 || count > 3) {
        throw new IllegalArgumentException(
            "has "
                + count
                + " columns separated by tabs; without a header there must be label, rating and"
                + " text, or label and text");
      }
      return new Columns(0, count - 1, count);
    }

    LabelledText row(String[] fields) {
      if (fields.length != count) {
        throw new IllegalArgumentException(
            "has " + fields.length + " columns separated by tabs instead of " + count);
      }
      String word = fields[label].strip();
      Sentiment sentiment =
          Sentiment.parse(word)
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "label '" + word + "' must be positive or negative"));
      String content = fields[text].strip();
      if (content.isEmpty()) {
        throw new IllegalArgumentException("the text is empty");
      }
      return new LabelledText(sentiment, content);
    }
  }
}
