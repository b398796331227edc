package io.manta.actors.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.manta.actors.MantaConfig;
import io.manta.core.NodeId;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;
import org.slf4j.event.Level;

@Isolated("it takes the console")
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TaskLogsTest {
  private final PrintStream before = System.out;

  @AfterEach
  void giveTheConsoleBack() {
    System.setOut(before);
  }

  /// A console that is paused, as by a pager, until somebody goes on.
  private static final class Paused extends OutputStream {
    private final CountDownLatch goesOn = new CountDownLatch(1);
    private final ByteArrayOutputStream text = new ByteArrayOutputStream();

    @Override
    public void write(int character) {
      try {
        goesOn.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException("interrupted while paused", e);
      }
      synchronized (text) {
        text.write(character);
      }
    }

    String text() {
      synchronized (text) {
        return text.toString(StandardCharsets.UTF_8);
      }
    }
  }

  private static Message.TaskLines lines(long dropped, String... texts) {
    return new Message.TaskLines(
        dropped,
        List.of(texts).stream()
            .map(text -> new Message.LogLine(Level.INFO, "task", text))
            .toList());
  }

  @Test
  void shouldTakeLinesInWhileTheConsoleIsPausedAndPrintThemInOrder() {
    var console = new Paused();
    System.setOut(new PrintStream(console, true, StandardCharsets.UTF_8));
    var node = new NodeId(7);
    try (var runtime =
            new MantaRuntime(MantaConfig.defaults(), NodeId.random(), false, EmbeddedHost::new);
        var logs = new TaskLogs(runtime)) {
      logs.received(node, lines(0, "first", "second"));
      logs.received(node, lines(3, "third"));

      assertThat(console.text()).isEmpty();
      console.goesOn.countDown();
      await()
          .untilAsserted(
              () ->
                  assertThat(console.text().lines())
                      .containsExactly(
                          "[task " + node + "] INFO first",
                          "[task " + node + "] INFO second",
                          "[task " + node + "] INFO third",
                          "[" + node + "] 3 more lines of tasks were too many and were dropped"));
    }
  }
}
