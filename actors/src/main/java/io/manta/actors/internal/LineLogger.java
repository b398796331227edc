package io.manta.actors.internal;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;

/// A logger that gives each entry as one text, and takes info and above in any case.
abstract class LineLogger extends LegacyAbstractLogger {
  private static final long serialVersionUID = 1;

  LineLogger(String name) {
    this.name = name;
  }

  /// @param text with the stack of what was thrown
  abstract void line(Level level, String text);

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
    return getClass().getName();
  }

  @Override
  protected final void handleNormalizedLoggingCall(
      Level level,
      @Nullable Marker marker,
      String message,
      Object @Nullable [] arguments,
      @Nullable Throwable throwable) {
    String text = MessageFormatter.basicArrayFormat(message, arguments);
    if (throwable != null) {
      var stack = new StringWriter();
      throwable.printStackTrace(new PrintWriter(stack));
      text += System.lineSeparator() + stack;
    }
    line(level, text);
  }
}
