package io.manta.actors.internal;

import io.manta.core.TaskContext;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;

/// The logger of a task or actor's call. Lines of info and above always reach the driver, whatever
/// the node's own log takes; others only where that has them on.
final class TaskLogger extends LegacyAbstractLogger {
  /// Where its lines go.
  interface Lines {
    void log(TaskContext context, Level level, String text);
  }

  private static final long serialVersionUID = 1;

  private static final Logger LEVELS = LoggerFactory.getLogger("io.manta.task");

  private final transient Lines lines;
  private final transient TaskContext context;

  TaskLogger(Lines lines, TaskContext context) {
    this.lines = lines;
    this.context = context;
    this.name = context.name();
  }

  @Override
  public boolean isTraceEnabled() {
    return LEVELS.isTraceEnabled();
  }

  @Override
  public boolean isDebugEnabled() {
    return LEVELS.isDebugEnabled();
  }

  @Override
  public boolean isInfoEnabled() {
    return true;
  }

  @Override
  public boolean isWarnEnabled() {
    return true;
  }

  @Override
  public boolean isErrorEnabled() {
    return true;
  }

  @Override
  protected String getFullyQualifiedCallerName() {
    return TaskLogger.class.getName();
  }

  @Override
  protected void handleNormalizedLoggingCall(
      Level level,
      @Nullable Marker marker,
      String message,
      Object @Nullable [] arguments,
      @Nullable Throwable throwable) {
    lines.log(context, level, text(message, arguments, throwable));
  }

  /// With the stack of what was thrown.
  static String text(String message, Object @Nullable [] arguments, @Nullable Throwable throwable) {
    String text = MessageFormatter.basicArrayFormat(message, arguments);
    if (throwable == null) {
      return text;
    }
    var stack = new StringWriter();
    throwable.printStackTrace(new PrintWriter(stack));
    return text + System.lineSeparator() + stack;
  }
}
