(title: gradient_gloss)
(source: inkdream 0.1.0)
(estimate: 4 s on grbl-servo, changing pens not counted)
(pen 1: red, 0.4 mm)
G21
G90
G17
M3 S30
G4 P0.2
(pen 1: red)
G0 X10.000 Y30.000
M3 S90
G4 P0.2
G1 X50.000 Y30.000 F3000
G1 X50.000 Y10.000 F3000
G1 X10.000 Y10.000 F3000
G1 X10.000 Y30.000 F3000
M3 S30
G4 P0.2
G0 X0 Y0
M2
