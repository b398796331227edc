package io.manta.sharding;

import io.manta.objects.security.Refusals;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.pekko.event.Logging;
import org.apache.pekko.event.slf4j.Slf4jLogger;
import org.apache.pekko.stream.scaladsl.Framing;
import org.slf4j.LoggerFactory;
import scala.PartialFunction;
import scala.runtime.BoxedUnit;

/// Gives what Pekko has to say to SLF4J. That a connection was refused becomes one warning that
/// names the peer.
final class TransportLogger extends Slf4jLogger {
  /// From Pekko's TCP. The first line of the cause is its class and message.
  private static final Pattern ENDED =
      Pattern.compile(
          "Aborting (?:tcp )?connection (?:to|from) /?(\\S+) because of \\w+ failure: (.*)(?s:.*)");

  private static final String REFUSED = RefusedException.class.getName() + ": ";
  private static final String FRAMING = Framing.FramingException.class.getName() + ": ";
  private static final Pattern BYTES = Pattern.compile("got \\[([0-9a-f ]*)]");
  private static final String TLS_HANDSHAKE = "16 03";

  private final Refusals refusals = new Refusals(LoggerFactory.getLogger(ClusterSystem.class));

  /// Called by Pekko.
  public TransportLogger() {}

  @Override
  public void aroundReceive(PartialFunction<Object, BoxedUnit> receive, Object message) {
    switch (message) {
      case Logging.InitializeLogger _ ->
          context().sender().tell(Logging.loggerInitialized(), self());
      case Logging.Debug debug -> ended(String.valueOf(debug.message()));
      case Logging.Error error when error.cause() instanceof Framing.FramingException -> {
        // told as the end of its connection
      }
      default -> super.aroundReceive(receive, message);
    }
  }

  private void ended(String text) {
    Matcher match = ENDED.matcher(text);
    if (match.matches()) {
      reason(match.group(2))
          .ifPresent(why -> refusals.refused("a connection from " + match.group(1), why));
    }
  }

  /// Empty where this side ended it for another reason than what came.
  static Optional<String> reason(String cause) {
    if (cause.startsWith(REFUSED)) {
      return Optional.of(cause.substring(REFUSED.length()));
    }
    if (!cause.startsWith(FRAMING)) {
      return Optional.empty();
    }
    Matcher bytes = BYTES.matcher(cause);
    if (!bytes.find()) {
      return Optional.of("it ended in the middle of a message");
    }
    return Optional.of(
        bytes.group(1).startsWith(TLS_HANDSHAKE)
            ? "it speaks TLS, and this process has no certificate; give both the same 'security'"
            : "it does not speak as Manta does; it began with the bytes " + bytes.group(1));
  }
}
