//! The owner before pages of many shapes, and on whole journeys.

mod journey;
mod shapes;
mod stage;
