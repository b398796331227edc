package io.manta.testkit;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/// What Manta logs in this process, until it is closed.
final class LoggedLines extends AppenderBase<ILoggingEvent> implements AutoCloseable {
  private final List<ILoggingEvent> events = new CopyOnWriteArrayList<>();

  LoggedLines() {
    start();
    logger().addAppender(this);
  }

  private static Logger logger() {
    return (Logger) LoggerFactory.getLogger("io.manta");
  }

  @Override
  protected void append(ILoggingEvent event) {
    events.add(event);
  }

  List<ILoggingEvent> events() {
    return events;
  }

  List<String> texts() {
    return events.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  /// Waits for a line that has all of these.
  void await(Duration limit, String... parts) {
    Eventually.isTrue(
        "a line with " + List.of(parts),
        limit,
        () -> "there are " + texts(),
        () -> texts().stream().anyMatch(text -> List.of(parts).stream().allMatch(text::contains)));
  }

  @Override
  public void close() {
    logger().detachAppender(this);
  }
}
