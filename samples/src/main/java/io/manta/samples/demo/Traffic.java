package io.manta.samples.demo;

import io.manta.samples.classifier.Prediction;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Sentences that keep coming at some doors, from two clients for each, until this is closed; and
/// what became of them.
final class Traffic implements AutoCloseable {
  private static final int CLIENTS_PER_DOOR = 2;
  private static final long PAUSE_NANOS = Duration.ofMillis(20).toNanos();

  /// One answer, or the lack of one.
  ///
  /// @param failure absent where the answer was right
  record Answer(long askedNanos, long endedNanos, @Nullable String failure) {
    long nanos() {
      return endedNanos - askedNanos;
    }
  }

  private final ClassifierClient client = new ClassifierClient();
  private final Map<String, String> sentences;
  private final List<Answer> answers = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean ended;

  private Traffic(Map<String, String> sentences) {
    this.sentences = sentences;
  }

  /// @param sentences what each says
  static Traffic start(List<URI> doors, Map<String, String> sentences) {
    var traffic = new Traffic(sentences);
    for (URI door : doors) {
      for (int i = 0; i < CLIENTS_PER_DOOR; i++) {
        traffic.threads.add(
            Thread.ofVirtual().name("client-" + i + " of " + door).start(() -> traffic.send(door)));
      }
    }
    return traffic;
  }

  private void send(URI door) {
    while (!ended) {
      sentences.forEach(
          (text, meaning) -> {
            if (!ended) {
              ask(door, text, meaning);
              LockSupport.parkNanos(PAUSE_NANOS);
            }
          });
    }
  }

  private void ask(URI door, String text, String meaning) {
    long asked = System.nanoTime();
    String failure = null;
    try {
      Prediction prediction = client.classify(door, text);
      if (!prediction.prediction().equals(meaning)) {
        failure = "\"%s\" was said to be %s".formatted(text, prediction.prediction());
      }
    } catch (IOException e) {
      failure = door + ": " + e.getMessage();
    }
    var answer = new Answer(asked, System.nanoTime(), failure);
    synchronized (answers) {
      answers.add(answer);
    }
  }

  /// All that ended so far.
  List<Answer> answers() {
    synchronized (answers) {
      return List.copyOf(answers);
    }
  }

  /// Waits for the answers that are under way.
  @Override
  public void close() {
    ended = true;
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
