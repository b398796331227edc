package io.manta.objects.security;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RefusalsTest {
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
  private final AtomicLong clock = new AtomicLong();
  private final Logger log = new LoggerContext().getLogger("refusals");
  private final Refusals refusals = new Refusals(log, clock::get);

  @BeforeEach
  void listen() {
    lines.start();
    log.addAppender(lines);
  }

  private List<String> messages() {
    return lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  @Test
  void shouldTellOfAFloodOnlyTheFirstAndHowManyMoreThereWere() {
    for (int i = 0; i < 1000; i++) {
      refusals.refused("a connection from host:" + i, "it is silent");
    }
    refusals.refused("a connection from another:1", "it has no certificate");

    assertThat(messages()).hasSize(Refusals.MOST + 1);
    assertThat(messages().getFirst())
        .isEqualTo("a connection from host:0 was refused: it is silent");
    assertThat(messages().getLast()).contains("another:1", "it has no certificate");

    clock.addAndGet(Refusals.WHILE.toNanos() + 1);
    refusals.refused("a connection from host:1000", "it is silent");

    assertThat(messages())
        .hasSize(Refusals.MOST + 3)
        .contains("990 more were refused: it is silent…");
  }

  @Test
  void shouldKeepALineWhatTheOtherSideMadeTwo() {
    refusals.refused("a connection", "it said a\r\nWARN b" + "c".repeat(1000));

    assertThat(messages()).singleElement().asString().hasSizeLessThan(400).contains("a WARN b");
  }

  @Test
  void shouldBoundWhatItRemembersOfManyReasons() {
    for (int i = 0; i < 10_000; i++) {
      refusals.refused("a connection", i + " bytes");
    }

    assertThat(messages()).hasSizeLessThan(200);
  }
}
