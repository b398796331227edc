package io.manta.sharding;

import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.event.EventStream;
import org.apache.pekko.event.LogMarker;
import org.apache.pekko.event.slf4j.Slf4jLoggingFilter;

/// What is of use when Pekko itself is debugged stays out, but for what [TransportLogger] is to
/// see.
final class TransportLogFilter extends Slf4jLoggingFilter {
  private static final String TCP = "org.apache.pekko.stream.impl.io.TcpConnectionStage";

  /// Called by Pekko.
  public TransportLogFilter(ActorSystem.Settings settings, EventStream events) {
    super(settings, events);
  }

  @Override
  public boolean isDebugEnabled(Class<?> logClass, String logSource) {
    return logClass.getName().startsWith(TCP);
  }

  @Override
  public boolean isDebugEnabled(Class<?> logClass, String logSource, LogMarker marker) {
    return false;
  }
}
