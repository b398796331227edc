package io.manta.actors.internal;

import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.event.Level;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.helpers.NOPMDCAdapter;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/// The logging of a process of isolated tasks: lines of info and above are printed, and so reach
/// the node's log with the name of the task. The node's own logging library would take longer to
/// start than all else there.
public final class ChildLogging implements SLF4JServiceProvider {
  private final IMarkerFactory markers = new BasicMarkerFactory();
  private final MDCAdapter context = new NOPMDCAdapter();

  @Override
  public void initialize() {}

  @Override
  public ILoggerFactory getLoggerFactory() {
    return Printing::new;
  }

  @Override
  public IMarkerFactory getMarkerFactory() {
    return markers;
  }

  @Override
  public MDCAdapter getMDCAdapter() {
    return context;
  }

  @Override
  public String getRequestedApiVersion() {
    return "2.0.99";
  }

  private static final class Printing extends LineLogger {
    private static final long serialVersionUID = 1;

    Printing(String name) {
      super(name);
    }

    @Override
    public boolean isTraceEnabled() {
      return false;
    }

    @Override
    public boolean isDebugEnabled() {
      return false;
    }

    @Override
    void line(Level level, String text) {
      System.out.println(level + " " + name + " - " + text);
    }
  }
}
