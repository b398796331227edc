package io.manta.samples.classifier;

import java.io.PrintStream;
import java.util.List;

/// Labelled texts and their vectors, row by row.
final class EncodedTexts {
  private static final int REPORT_EVERY = 1_000;

  private final List<LabelledText> texts;
  private final float[][] vectors;

  private EncodedTexts(List<LabelledText> texts, float[][] vectors) {
    this.texts = texts;
    this.vectors = vectors;
  }

  /// Encodes on this thread, some 400 sentences a second.
  ///
  /// @param progress gets a line now and then
  static EncodedTexts encode(List<LabelledText> texts, PrintStream progress) {
    float[][] vectors = new float[texts.size()][];
    try (var encoder = new SentenceEncoder()) {
      for (int i = 0; i < vectors.length; i++) {
        vectors[i] = encoder.encode(texts.get(i).text());
        if ((i + 1) % REPORT_EVERY == 0 || i + 1 == vectors.length) {
          progress.printf("encoded %d of %d%n", i + 1, vectors.length);
        }
      }
    }
    return new EncodedTexts(List.copyOf(texts), vectors);
  }

  int size() {
    return texts.size();
  }

  LabelledText text(int row) {
    return texts.get(row);
  }

  float[] vector(int row) {
    return vectors[row];
  }
}
