package io.manta.samples.classifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SentenceEncoderTest {
  private SentenceEncoder encoder;

  @BeforeAll
  void load() {
    encoder = new SentenceEncoder();
  }

  @AfterAll
  void close() {
    encoder.close();
  }

  @Test
  void shouldGiveVectorsOfLengthOne() {
    for (String sentence : List.of("", "Hi", "A whole sentence, with a comma.", "Grüße — 你好 🎬")) {
      float[] vector = encoder.encode(sentence);

      assertThat(vector).hasSize(SentenceEncoder.DIMENSIONS);
      assertThat(cosine(vector, vector)).as(sentence).isCloseTo(1, within(1e-5));
    }
  }

  @Test
  void shouldPutSentencesOfOneMeaningCloserThanUnrelatedOnes() {
    float[] dog = encoder.encode("A dog runs through the park.");
    float[] puppy = encoder.encode("The puppy is running on the grass.");
    float[] bank = encoder.encode("The central bank raised interest rates.");

    assertThat(cosine(dog, puppy)).isGreaterThan(cosine(dog, bank) + 0.3);
  }

  @Test
  void shouldEncodeSentenceAloneAsAmongOthers() {
    List<String> sentences =
        List.of("Good.", "A long and winding road leads to a door.", "", "Bad, bad, bad!");

    float[][] together = encoder.encode(sentences);

    assertThat(together).hasDimensions(4, SentenceEncoder.DIMENSIONS);
    for (int i = 0; i < sentences.size(); i++) {
      assertThat(together[i]).containsExactly(encoder.encode(sentences.get(i)), within(1e-6f));
    }
    assertThat(encoder.encode(List.of())).isEmpty();
  }

  @Test
  void shouldCutOffSentencesWhenTheyExceedMaxTokens() {
    // Each "good" is one token, and two more frame the sentence.
    String full = "good ".repeat(SentenceEncoder.MAX_TOKENS - 2);

    assertThat(encoder.encode(full + "bad ".repeat(1_000))).containsExactly(encoder.encode(full));
    assertThat(encoder.encode("bad " + full)).isNotEqualTo(encoder.encode(full));
  }

  @Test
  void shouldNotReadMoreThanCountsNorHalfACharacter() {
    assertThat(SentenceEncoder.start("a".repeat(25_600))).hasSize(25_600);
    assertThat(SentenceEncoder.start("a".repeat(25_601))).hasSize(25_600);
    assertThat(SentenceEncoder.start("a" + "😀".repeat(20_000))).hasSize(25_599).endsWith("😀");
    assertThat(encoder.encode("good" + " ".repeat(25_600) + "bad"))
        .containsExactly(encoder.encode("good"));
    assertThat(encoder.encode(" ".repeat(25_600) + "good")).containsExactly(encoder.encode("good"));
  }

  @Test
  void shouldGiveTheSameVectorsWhenManyThreadsEncode() throws Exception {
    List<String> sentences = IntStream.range(0, 8).mapToObj(i -> "Take number " + i).toList();
    float[][] expected = encoder.encode(sentences);

    try (var threads = Executors.newFixedThreadPool(4)) {
      var answers =
          threads.invokeAll(
              IntStream.range(0, 200)
                  .<Callable<float[]>>mapToObj(i -> () -> encoder.encode(sentences.get(i % 8)))
                  .toList());
      for (int i = 0; i < answers.size(); i++) {
        assertThat(answers.get(i).get()).containsExactly(expected[i % 8]);
      }
    }
  }

  @Test
  void shouldRefuseWhenClosed() {
    var closed = new SentenceEncoder(2);
    closed.close();
    closed.close();

    assertThatThrownBy(() -> closed.encode("Hi"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void shouldNameTheValueWhenThreadsAreFewerThanOne() {
    assertThatThrownBy(() -> new SentenceEncoder(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("threads is 0");
  }

  private static double cosine(float[] left, float[] right) {
    return IntStream.range(0, left.length).mapToDouble(i -> left[i] * right[i]).sum();
  }
}
