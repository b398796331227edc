package io.manta.samples.classifier;

import io.manta.serve.Handler;

/// Says whether a sentence is positive or negative. Each replica of its deployment has one, which
/// loads the encoder once. Safe for use by many threads.
public final class TextClassifier
    implements Handler<TextClassifier.Request, Prediction>, AutoCloseable {
  /// What to classify.
  ///
  /// @param text a sentence of English; what is beyond [SentenceEncoder#MAX_TOKENS] tokens (some
  ///   200 words) is not looked at
  public record Request(String text) {
    public Request {
      if (text == null) {
        throw new IllegalArgumentException(
            "'text' is missing: give the sentence to classify, as in {\"text\": \"This is"
                + " great!\"}");
      }
      if (text.isBlank()) {
        throw new IllegalArgumentException("'text' is blank: give the sentence to classify");
      }
    }
  }

  private final LogisticHead head = LogisticHead.shipped();
  private final SentenceEncoder encoder = new SentenceEncoder();

  @Override
  public Prediction handle(Request request) {
    return head.predict(encoder.encode(request.text()));
  }

  @Override
  public void close() {
    encoder.close();
  }
}
