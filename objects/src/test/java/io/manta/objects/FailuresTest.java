package io.manta.objects;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class FailuresTest {
  private static final JobClasses CLASSES = JobClasses.of(FailuresTest.class.getClassLoader());

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
    Throwable read = Failures.decode(Failures.encode(new Refused(7)), CLASSES);

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
    Throwable read = Failures.decode(Failures.encode(new IOException("full")), CLASSES);

    assertThat(read).isExactlyInstanceOf(IOException.class).hasMessage("full").hasNoCause();
  }

  @Test
  void shouldNameTheClassOfAnExceptionThatIsUnknownHere() {
    var elsewhere = JobClasses.of(ClassLoader.getPlatformClassLoader());

    assertThat(Failures.decode(Failures.encode(new Broken(3)), elsewhere))
        .isInstanceOf(UnknownThrowable.class)
        .hasMessageContaining(Broken.class.getName())
        .hasMessageContaining("code 3");
  }

  static class Broken extends Exception {
    Broken(int code) {
      super("code " + code);
    }
  }
}
