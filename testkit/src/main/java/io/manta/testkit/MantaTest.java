package io.manta.testkit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/// A class of tests that share a runtime, which is started before the first and closed after the
/// last. Constructor, test and life-cycle methods get it as a parameter; see [MantaExtension].
///
/// ```java
/// @MantaTest(nodes = 3, cpus = 4)
/// class OrdersTest {
///   @Test
///   void shouldCount(Manta manta, LocalCluster cluster) { … }
/// }
/// ```
@Documented
@Inherited
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(MantaExtension.class)
public @interface MantaTest {
  /// How many nodes, all in this JVM. One is embedded and opens no port.
  int nodes() default 1;

  /// What each node offers.
  double cpus() default 2;

  /// More settings of each node by their keys, such as `resources=licence=1`. Neither a file nor
  /// the environment is read.
  String[] settings() default {};

  /// For the start, for each wait and for the end of each node.
  int timeLimitSeconds() default 60;

  /// Whether the timers of actors go by a [TestClock], which tests turn and get as a parameter.
  boolean turnClock() default false;

  /// Whether tests may leave work behind that holds resources. Else the class fails.
  boolean allowLeaks() default false;
}
