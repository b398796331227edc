package io.manta.objects;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.invoke.WrongMethodTypeException;
import java.util.IllegalFormatConversionException;
import org.junit.jupiter.api.Test;

class FailuresTest {
  private static final JobClasses CLASSES = JobClasses.of(FailuresTest.class.getClassLoader());

  private static final AllowList ANY = new AllowList(java.util.Set.of());

  private static class CodedException extends Exception {
    private final int code;

    CodedException(String message, int code, Throwable cause) {
      super(message + " with code " + code, cause);
      this.code = code;
    }
  }

  private static final class Refused extends CodedException {
    Refused(int code) {
      super("refused", code, new IOException("no luck"));
    }
  }

  @Test
  void shouldKeepTheTypeOfAnExceptionWhoseConstructorsAreItsOwn() {
    Throwable read = Failures.decode(Failures.encode(new Refused(7)), CLASSES, ANY);

    assertThat(read)
        .isInstanceOf(Refused.class)
        .hasMessage("refused with code 7")
        .hasCauseInstanceOf(IOException.class)
        .hasRootCauseMessage("no luck");
    assertThat(read.getStackTrace()[0].getClassName()).isEqualTo(FailuresTest.class.getName());
    assertThat(((CodedException) read).code).isZero();
  }

  @Test
  void shouldReadAnExceptionWithoutACause() {
    Throwable read = Failures.decode(Failures.encode(new IOException("full")), CLASSES, ANY);

    assertThat(read).isExactlyInstanceOf(IOException.class).hasMessage("full").hasNoCause();
  }

  @Test
  void shouldNameTheClassOfAnExceptionThatIsUnknownHere() {
    var elsewhere = JobClasses.of(ClassLoader.getPlatformClassLoader());

    assertThat(Failures.decode(Failures.encode(new Broken(3)), elsewhere, ANY))
        .isInstanceOf(UnknownThrowable.class)
        .hasMessageContaining(Broken.class.getName())
        .hasMessageContaining("code 3");
  }

  private static final class NotFound extends Exception {
    NotFound(String id) {
      super("no item " + id);
    }
  }

  private static final class Coded extends Exception {
    Coded() {}

    Coded(int code) {
      super("code " + code);
    }
  }

  @Test
  void shouldNotTakeAConstructorThatSaysSomethingElse() {
    assertThat(Failures.decode(Failures.encode(new NotFound("7")), CLASSES, ANY))
        .isInstanceOf(NotFound.class)
        .hasMessage("no item 7");
    assertThat(Failures.decode(Failures.encode(new Coded(4)), CLASSES, ANY))
        .isInstanceOf(Coded.class)
        .hasMessage("code 4");
    assertThat(Failures.decode(Failures.encode(new Coded()), CLASSES, ANY))
        .isInstanceOf(Coded.class)
        .hasMessage(null);
  }

  @Test
  void shouldKeepTheTextOfAnExceptionThatMakesItOfItsFields() {
    var written = new IllegalFormatConversionException('d', String.class);

    Throwable read = Failures.decode(Failures.encode(written), CLASSES, ANY);

    assertThat(read)
        .isInstanceOf(UnknownThrowable.class)
        .hasMessageContaining(IllegalFormatConversionException.class.getName())
        .hasMessageContaining("d != java.lang.String");
    assertThat(read.getStackTrace()).isEqualTo(written.getStackTrace());
  }

  private static final class Denied extends Exception {
    Denied() {
      super("denied", new IOException("made up"));
    }
  }

  @Test
  void shouldKeepTheCauseWhereAConstructorRefusesOne() {
    var written = new ExceptionInInitializerError(new IOException("full"));

    Throwable read = Failures.decode(Failures.encode(written), CLASSES, ANY);

    assertThat(read)
        .isInstanceOf(ExceptionInInitializerError.class)
        .hasMessage(null)
        .hasCauseExactlyInstanceOf(IOException.class)
        .hasRootCauseMessage("full");
  }

  @Test
  void shouldNotTakeTheCauseThatAConstructorMakesUp() {
    var written = new Denied();

    Throwable read = Failures.decode(Failures.encode(written), CLASSES, ANY);

    assertThat(read).isInstanceOf(Denied.class).hasMessage("denied");
    assertThat(read.getCause())
        .hasMessage("made up")
        .extracting(Throwable::getStackTrace)
        .isEqualTo(written.getCause().getStackTrace());
  }

  /// The class has a constructor of message and cause that is closed to others.
  @Test
  void shouldTakeTheNextFormWhereOneIsInaccessible() {
    Throwable read =
        Failures.decode(Failures.encode(new WrongMethodTypeException("no int")), CLASSES, ANY);

    assertThat(read).isInstanceOf(WrongMethodTypeException.class).hasMessage("no int");
  }

  static class Broken extends Exception {
    Broken(int code) {
      super("code " + code);
    }
  }

  private static final class Mute extends Exception {
    @Override
    public String getMessage() {
      throw new IllegalStateException("no message");
    }

    @Override
    public StackTraceElement[] getStackTrace() {
      throw new IllegalStateException("no stack");
    }

    @Override
    public synchronized Throwable getCause() {
      throw new IllegalStateException("no cause");
    }
  }

  @Test
  void shouldEncodeAnExceptionThatThrowsWhenItIsAsked() {
    Throwable read = Failures.decode(Failures.encode(new Mute()), CLASSES, ANY);

    assertThat(read.getClass().getName() + read).contains("Mute");
  }
}
