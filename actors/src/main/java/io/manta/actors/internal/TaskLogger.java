package io.manta.actors.internal;

import io.manta.core.TaskContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/// The logger of a task or actor's call. Lines of info and above always reach the driver, whatever
/// the node's own log takes; others only where that has them on.
final class TaskLogger extends LineLogger {
  /// Where its lines go.
  interface Lines {
    void log(TaskContext context, Level level, String text);
  }

  private static final long serialVersionUID = 1;

  private static final Logger LEVELS = LoggerFactory.getLogger("io.manta.task");

  private final transient Lines lines;
  private final transient TaskContext context;

  TaskLogger(Lines lines, TaskContext context) {
    super(context.name());
    this.lines = lines;
    this.context = context;
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
  void line(Level level, String text) {
    lines.log(context, level, text);
  }
}
