package io.manta.actors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/// Which user code is named in the log for holding a cpu that it did not ask for.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SpinWarningTest {
  private static final Duration WARNING = Duration.ofMillis(50);
  private static volatile boolean spin;
  private static final AtomicLong SPINNING_SINCE = new AtomicLong();

  private final Warnings warnings = new Warnings();
  private final Logger log = (Logger) LoggerFactory.getLogger("io.manta.actors");
  private Manta manta;

  private static final class Warnings extends AppenderBase<ILoggingEvent> {
    private final List<String> lines = new CopyOnWriteArrayList<>();

    @Override
    protected void append(ILoggingEvent event) {
      if (event.getFormattedMessage().contains("declares no cpu")) {
        lines.add(event.getFormattedMessage());
      }
    }
  }

  /// Spins in its constructor while it is told to.
  static final class Spinner extends RemoteActor {
    Spinner() {
      SPINNING_SINCE.set(System.nanoTime());
      while (spin) {
        Thread.onSpinWait();
      }
    }

    boolean ping() {
      return true;
    }
  }

  @BeforeEach
  void start() {
    warnings.start();
    log.addAppender(warnings);
    spin = true;
    SPINNING_SINCE.set(0);
    manta = Manta.start(MantaConfig.defaults().withCpus(2).withSpinWarning(WARNING));
  }

  @AfterEach
  void close() {
    spin = false;
    manta.close();
    log.detachAppender(warnings);
  }

  @Test
  void shouldNameAConstructorThatHoldsACpuAndDeclaresNone() {
    var spinner = manta.actor(Spinner::new).cpus(0).create();

    await().untilAsserted(() -> assertThat(warnings.lines).hasSize(1));
    spin = false;
    assertThat(spinner.call(Spinner::ping).get()).isTrue();
  }

  @Test
  void shouldNotNameAConstructorThatHasTheCpuOfItsPlacement() {
    var spinner = manta.actor(Spinner::new).create();
    // what would be named is by then
    await()
        .until(
            () ->
                SPINNING_SINCE.get() != 0
                    && System.nanoTime() - SPINNING_SINCE.get() > 10 * WARNING.toNanos());
    spin = false;

    assertThat(spinner.call(Spinner::ping).get()).isTrue();
    assertThat(warnings.lines).isEmpty();
  }
}
