package io.manta.objects;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.core.RemoteCallable;
import io.manta.core.RemoteFunction;
import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClosureTypesTest {
  /// Copied as a class that is hidden as those of lambdas are, and is none.
  static final class Plain implements RemoteCallable<String> {
    @Override
    public String call() {
      return "";
    }
  }

  @Test
  void shouldTellWhatALambdaTakesAndGivesByItsSource() {
    RemoteCallable<Object> constructor = ArrayList::new;
    RemoteFunction<List<String>, Object> size = List::size;
    for (int i = 0; i < 2; i++) {
      assertThat(ClosureTypes.result(constructor)).contains(ArrayList.class);
      assertThat(ClosureTypes.parameter(size)).contains(List.class);
      assertThat(ClosureTypes.parameter(constructor)).isEmpty();
    }
  }

  @Test
  void shouldTellNothingOfWhatIsNoLambda() throws Exception {
    byte[] code;
    try (var in = Plain.class.getResourceAsStream("ClosureTypesTest$Plain.class")) {
      code = in.readAllBytes();
    }
    Object hidden =
        MethodHandles.lookup()
            .defineHiddenClass(code, true)
            .lookupClass()
            .getDeclaredConstructor()
            .newInstance();
    for (Object closure : List.of(hidden, new Plain())) {
      assertThat(ClosureTypes.result(closure)).isEmpty();
      assertThat(ClosureTypes.parameter(closure)).isEmpty();
    }
  }
}
