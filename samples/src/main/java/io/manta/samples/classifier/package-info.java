/// The sample `text-classifier`: is a sentence positive or negative? A sentence encoder, a logistic
/// head on top, the program that trains the head and the one that measures it.
@NullMarked
package io.manta.samples.classifier;

import org.jspecify.annotations.NullMarked;
