package io.manta.samples.classifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.manta.samples.classifier.TextClassifier.Request;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TextClassifierTest {
  @Test
  void shouldTellPositiveFromNegativeSentences() {
    try (var classifier = new TextClassifier()) {
      for (String text :
          List.of("This is great!", "A warm, funny and wonderful film.", "I loved every minute.")) {
        assertPrediction(classifier.handle(new Request(text)), "positive");
      }
      for (String text :
          List.of("A tedious, dull mess.", "The worst film of the year.", "I hated it.")) {
        assertPrediction(classifier.handle(new Request(text)), "negative");
      }
    }
  }

  @Test
  void shouldNameTheFieldWhenTextIsMissingOrBlank() {
    assertThatThrownBy(() -> new ObjectMapper().readValue("{}", Request.class))
        .rootCause()
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'text' is missing");
    assertThatThrownBy(() -> new Request(" \n"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'text' is blank");
  }

  @Test
  void shouldRefuseVectorsAndWeightsOfAnotherLength() {
    var head = LogisticHead.shipped();

    assertThatThrownBy(() -> head.predict(new float[3]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("3 floats")
        .hasMessageContaining("384");
    assertThatThrownBy(() -> new LogisticHead(head.provenance(), 0, Collections.nCopies(383, 1.0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("383 numbers");
  }

  @Test
  void shouldShipWeightsMadeByThisEncoder() {
    assertThat(LogisticHead.shipped().provenance().encoder())
        .isEqualTo(SentenceEncoder.DESCRIPTION);
  }

  private static void assertPrediction(Prediction prediction, String expected) {
    assertThat(prediction.prediction()).isEqualTo(expected);
    assertThat(prediction.confidence()).isGreaterThan(0.5).isLessThanOrEqualTo(1);
  }
}
